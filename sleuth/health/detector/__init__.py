"""Judging a deploy from counts alone: pure functions over NumPy arrays, nothing else of ours.

Only workers import this package. :func:`assess` is its face; ``docs/verdicts.md`` explains
the method in plain words and in formulas.
"""

from sleuth.health.detector.assess import assess
from sleuth.health.detector.assessment import Assessment, Band
from sleuth.health.detector.looks import looks_for, next_bucket
from sleuth.health.detector.settings import DEFAULT, SENSITIVITIES, Settings

__all__ = [
    "DEFAULT",
    "SENSITIVITIES",
    "Assessment",
    "Band",
    "Settings",
    "assess",
    "looks_for",
    "next_bucket",
]
