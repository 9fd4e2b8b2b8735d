"""Counts and rates of many cases as they lie in files."""

from __future__ import annotations

import lzma
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.uint16]
Rates = NDArray[np.float64]


def pack(counts: Iterable[Counts]) -> bytes:
    """Return the high bytes of all counts, then their low bytes, compressed."""
    flat = np.concatenate([np.asarray(each, dtype=np.uint16) for each in counts])
    halves = np.concatenate([flat >> 8, flat & 255]).astype(np.uint8)
    return lzma.compress(halves.tobytes(), preset=2)


def unpack(packed: bytes, sizes: Iterable[int]) -> list[Counts]:
    """Return the counts of each case, whose sizes are given in order."""
    raw = np.frombuffer(lzma.decompress(packed), np.uint8)
    half = raw.size // 2
    flat = raw[:half].astype(np.uint16) << 8 | raw[half:]
    return np.split(flat, np.cumsum(list(sizes))[:-1])


def write_rates(path: Path, without: Rates, with_effect: Rates) -> None:
    """Write the true rates after the deploys, a row for each case."""
    np.savez_compressed(path, mu0=without, mu1=with_effect)


def read_rates(path: Path) -> tuple[Rates, Rates]:
    """Return the true rates without and with the effect."""
    with np.load(path) as stored:
        return stored["mu0"], stored["mu1"]
