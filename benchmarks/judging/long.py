"""Judge drawn cases at all looks of a day, by the minute and by the hour.

python -m benchmarks.judging.long FOLDER SPLIT OUT.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import files
from benchmarks.judging import figures
from benchmarks.judging.truth import MISSING, Series, by_the_hour, series, truth_at
from benchmarks.verdicts_detector import SETTINGS, detect
from sleuth.health.detector import looks_for, next_bucket

STATES = {"Improved": -1, "Healthy": 0, "Unknown": 0, "Ailing": 1, "Unhealthy": 2}
NAMES = {60: "by the minute", 3600: "by the hour"}
SHOWN = (60, 120, 240, 1440)
PROGRESS = 100


def main(folder: str, name: str, out: str) -> None:
    """Judge and write the measures."""
    split = files.read(Path(folder), name)
    facts = split.meta.to_dict("records")
    made = {NAMES[step]: judged(split, facts, step) for step in NAMES}
    Path(out).write_text(json.dumps(made))


def judged(split: files.Split, facts: list[dict[str, Any]], step: int) -> dict[str, Any]:
    """Return the measures of all looks at buckets of a width in seconds."""
    looks = looks_for(step, SETTINGS)
    rows, minutes = [], []
    for index, (counts, fact) in enumerate(zip(split.counts, facts, strict=True)):
        one = series(counts, fact)
        one = by_the_hour(one) if step > 60 else one
        rows.append(states(one, looks, step))
        begin = (next_bucket(one.deployed_at, step) - one.deployed_at) // 60
        minutes.append([begin + look for look in looks])
        if index % PROGRESS == PROGRESS - 1:
            print(f"  {index + 1} cases {NAMES[step]}", flush=True)
    return measured(split, facts, np.array(rows, np.int8), np.array(minutes), looks)


def states(one: Series, looks: tuple[int, ...], step: int) -> list[int]:
    """Return the verdict at each look."""
    begin, found = next_bucket(one.deployed_at, step), []
    for look in looks:
        now = begin + 60 * look
        times, counts = one.until(now, step)
        answer = detect(times, counts, one.deployed_at, now, one.deploys, step)
        found.append(STATES[answer["state"]])
    return found


def measured(
    split: files.Split,
    facts: list[dict[str, Any]],
    state: NDArray[np.int8],
    minutes: NDArray[np.int64],
    looks: tuple[int, ...],
) -> dict[str, Any]:
    """Return the measures at the looks that are shown."""
    size = split.without.shape[1]
    seen = np.array([counts[-size:] != MISSING for counts in split.counts])
    truth = truth_at(facts, (split.without, split.with_effect), seen, minutes)
    shown = [look for look in SHOWN if look in looks]
    return {
        "looks": {look: figures.at_look(truth, state, looks.index(look)) for look in shown},
        "courses": figures.recall_by_course(truth, state, looks.index(shown[-1])),
        "ever": figures.ever_flagged(truth, state),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
