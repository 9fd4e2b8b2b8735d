"""Draw labelled deploys and write them."""

from __future__ import annotations

import argparse
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import benchmarks.cases
from benchmarks.cases import real
from benchmarks.cases.draw import SYNTHETIC, Case, draw
from benchmarks.cases.ranges import DEV, TEST

KINDS = {"dev": DEV, "test": TEST}
GOLDEN = 0.6180339887498949
REGRESSED, IMPROVED = 0.37, 0.145  # the sparse family cannot improve, so 13.5 % in all


def main() -> None:
    """Draw and write."""
    options = parse()
    if options.real is None:
        print("Without --real, only the twelve synthetic families are drawn.")
    cases = list(drawn(options))
    folder = options.out / "data"
    folder.mkdir(parents=True, exist_ok=True)
    write(cases, folder, options.split)
    print(f"{len(cases)} cases of kind {options.kind} in {folder}")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cases",
        description=benchmarks.cases.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--cases", type=int, default=1005)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--kind", choices=KINDS, help="which ranges; by default told by the split")
    options = parser.parse_args()
    options.kind = options.kind or ("test" if options.split.startswith("test") else "dev")
    return options


def drawn(options: argparse.Namespace) -> Iterator[Case]:
    """Draw cases, family by family in turns."""
    families = [*SYNTHETIC, *(real.FOLDERS if options.real else ())]
    for index in range(options.cases):
        family = families[index % len(families)]
        rng = np.random.default_rng([options.seed, zlib.crc32(options.kind.encode()), index])
        series = real.files(options.real, family, options.kind) if family in real.FOLDERS else []
        label = label_of(family, index // len(families), index % len(families))
        case = draw(family, label, rng, KINDS[options.kind], series)
        case.meta["id"] = f"{options.split}-{index:05d}"
        yield case


def label_of(family: str, turn: int, place: int) -> str:
    """Return the label of a family's case in this turn, in the right shares over all turns."""
    at = (turn * GOLDEN + place * GOLDEN * GOLDEN) % 1
    if at < REGRESSED:
        return "regressed"
    return "improved" if at < REGRESSED + IMPROVED and family != "zero_sparse" else "none"


def write(cases: list[Case], folder: Path, split: str) -> None:
    """Write the three files of a split."""
    pd.DataFrame([case.meta for case in cases]).to_parquet(folder / f"{split}.meta.parquet")
    flat = np.concatenate([case.counts for case in cases]).astype(np.uint16)
    halves = np.concatenate([flat >> 8, flat & 255]).astype(np.uint8)
    with lzma.open(folder / f"{split}.counts.xz", "wb", preset=2) as file:
        file.write(halves.tobytes())
    np.savez_compressed(
        folder / f"{split}.oracle.npz",
        mu0=np.array([case.without for case in cases]),
        mu1=np.array([case.with_effect for case in cases]),
    )


if __name__ == "__main__":
    main()
