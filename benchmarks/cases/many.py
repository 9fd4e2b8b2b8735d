"""Many cases, family by family in turns."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.cases import real
from benchmarks.cases.draw import SYNTHETIC, Case, draw
from benchmarks.cases.ranges import DEV, LONG, TEST

KINDS = {"dev": DEV, "test": TEST, "long": LONG}
GOLDEN = 0.6180339887498949
REGRESSED, IMPROVED = 0.37, 0.145  # the sparse family cannot improve, so 13.5 % in all


@dataclass(frozen=True)
class Draw:
    """What is to be drawn: how many cases, of which ranges, with what after the deploy.

    Args:
        name: What the ids of the cases begin with.
        kind: Of which ranges, a key of KINDS.
        after: Minutes after the deploy.
        folder: Of public series; without it the families made from them are left out.
    """

    name: str
    kind: str
    seed: int
    cases: int
    after: int = 60
    folder: Path | None = None


def drawn(wanted: Draw) -> Iterator[Case]:
    """Draw cases."""
    families = [*SYNTHETIC, *(real.FOLDERS if wanted.folder else ())]
    for index in range(wanted.cases):
        family = families[index % len(families)]
        rng = np.random.default_rng([wanted.seed, zlib.crc32(wanted.kind.encode()), index])
        label = label_of(family, index // len(families), index % len(families))
        series = series_of(wanted, family)
        case = draw(family, label, rng, KINDS[wanted.kind], series, wanted.after)
        case.meta["id"] = f"{wanted.name}-{index:05d}"
        yield case


def series_of(wanted: Draw, family: str) -> list[Path]:
    """Return the public series of a family, if it is made from such."""
    if wanted.folder is None or family not in real.FOLDERS:
        return []
    return real.files(wanted.folder, family, wanted.kind)


def label_of(family: str, turn: int, place: int) -> str:
    """Return the label of a family's case in this turn, in the right shares over all turns."""
    at = (turn * GOLDEN + place * GOLDEN * GOLDEN) % 1
    if at < REGRESSED:
        return "regressed"
    return "improved" if at < REGRESSED + IMPROVED and family != "zero_sparse" else "none"
