"""Draw labelled deploys and write them."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import benchmarks.cases
from benchmarks.cases import files
from benchmarks.cases.many import KINDS, Draw, drawn


def main() -> None:
    """Draw and write."""
    options = parse()
    if options.real is None:
        print("Without --real, only the twelve synthetic families are drawn.")
    split = draw(options)
    files.write(split, options.out / "data", options.split)
    print(f"{len(split.counts)} cases of kind {options.kind} in {options.out / 'data'}")


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
    parser.add_argument("--after", type=int, default=60, help="minutes after the deploy")
    parser.add_argument("--real", type=Path)
    parser.add_argument("--kind", choices=KINDS, help="which ranges; by default told by the split")
    options = parser.parse_args()
    named = (kind for kind in KINDS if options.split.startswith(kind))
    options.kind = options.kind or next(named, "dev")
    return options


def draw(options: argparse.Namespace) -> files.Split:
    """Draw the cases that the command line asks for."""
    wanted = Draw(
        options.split, options.kind, options.seed, options.cases, options.after, options.real
    )
    cases = list(drawn(wanted))
    return files.Split(
        pd.DataFrame([case.meta for case in cases]),
        [case.counts for case in cases],
        np.array([case.without for case in cases]),
        np.array([case.with_effect for case in cases]),
    )


if __name__ == "__main__":
    main()
