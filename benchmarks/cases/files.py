"""The three files of a split: facts, counts, and true rates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.cases.packing import Counts, Rates, pack, read_rates, unpack, write_rates


@dataclass(frozen=True)
class Split:
    """Many cases: their facts, and in the same order counts and rates after the deploy."""

    meta: pd.DataFrame
    counts: list[Counts]
    without: Rates
    with_effect: Rates

    def only(self, keep: NDArray[np.bool_]) -> Split:
        """Return some of the cases."""
        counts = [each for each, is_kept in zip(self.counts, keep, strict=True) if is_kept]
        meta = self.meta[keep].reset_index(drop=True)
        return Split(meta, counts, self.without[keep], self.with_effect[keep])


def write(split: Split, folder: Path, name: str) -> None:
    """Write a split."""
    folder.mkdir(parents=True, exist_ok=True)
    split.meta.to_parquet(folder / f"{name}.meta.parquet")
    (folder / f"{name}.counts.xz").write_bytes(pack(split.counts))
    write_rates(folder / f"{name}.oracle.npz", split.without, split.with_effect)


def read(folder: Path, name: str) -> Split:
    """Read a split."""
    meta = pd.read_parquet(folder / f"{name}.meta.parquet")
    counts = unpack((folder / f"{name}.counts.xz").read_bytes(), meta.n)
    return Split(meta, counts, *read_rates(folder / f"{name}.oracle.npz"))
