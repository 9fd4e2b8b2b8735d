"""Write every other case of each family to files of its own.

python -m benchmarks.judging.halve FROM TO SPLIT choose|report
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.cases import files

REMAINDERS = {"choose": 0, "report": 1}


def main(source: str, target: str, name: str, half: str) -> None:
    """Halve a split: one half to choose by, the other to report."""
    split = files.read(Path(source), name)
    turn = split.meta.groupby("family").cumcount().to_numpy()
    files.write(split.only(turn % 2 == REMAINDERS[half]), Path(target), name)


if __name__ == "__main__":
    main(*sys.argv[1:])
