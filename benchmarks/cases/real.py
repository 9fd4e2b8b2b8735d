"""Backgrounds from public series that are no error counts: tweets, cloud metrics, traffic."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.cases.team import DAY, Floats, Team

FOLDERS = {
    "real_tweets": ("realTweets",),
    "real_aws": ("realAWSCloudwatch",),
    "real_other": ("realTraffic", "realAdExchange", "realKnownCause"),
}
WEEK = 7 * DAY
SEAM = 30  # minutes over which two ends are blended
LOWEST = 0.03  # of the mean: no background is silent for good
HIGHEST = 12  # times the mean, beyond which values are cut


def files(folder: Path, family: str, kind: str) -> list[Path]:
    """Return the series of a family; every other one belongs to each kind of case."""
    found = sorted(p for name in FOLDERS[family] for p in (folder / name).glob("*.csv"))
    if not found:
        raise SystemExit(f"No series for {family} under {folder}.")
    return found[0::2] if kind == "dev" else found[1::2]


@cache
def minutes_of(path: Path) -> tuple[int, Floats]:
    """Read a series; return its first minute since the epoch and a value for every minute."""
    rows: dict[float, float] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
            rows.setdefault(at.timestamp() / 60, float(row["value"]))
    minute = np.array(sorted(rows))
    value = np.maximum([rows[each] for each in minute.tolist()], 0.0)
    value = np.minimum(value, HIGHEST * value.mean())
    first = int(minute[0])
    return first, np.interp(np.arange(first, int(minute[-1]) + 1), minute, value)


def background(team: Team, path: Path) -> Floats:
    """Return a cut of a series as factors around one; moves the team's clock to it."""
    first, values = minutes_of(path)
    whole = WEEK if len(values) >= 2 * WEEK else DAY
    values = blended(values, len(values) // whole * whole)
    offset = int(team.rng.integers(len(values)))
    turn = (np.arange(team.minutes) + offset) // len(values)
    tilt = np.exp(np.cumsum(team.rng.normal(0, 0.1, turn.max() + 1)))
    cut = values[(np.arange(team.minutes) + offset) % len(values)] * tilt[turn]
    team.start = 60 * (first + offset)
    team.facts["series"] = path.stem
    return (1 - LOWEST) * cut / max(cut.mean(), 1e-9) + LOWEST


def blended(values: Floats, length: int) -> Floats:
    """Return the first minutes with the end led over to the beginning."""
    out = values[:length].copy()
    weight = np.arange(SEAM) / SEAM
    out[-SEAM:] = out[-SEAM:] * (1 - weight) + out[0] * weight
    return out
