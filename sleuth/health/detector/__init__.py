"""Judging a deploy from counts alone: pure functions over NumPy arrays, nothing else of ours.

Only workers import this package. :func:`assess` is its face; ``docs/verdicts.md`` explains
the method in plain words and in formulas.
"""

from sleuth.health.detector.assess import assess
from sleuth.health.detector.assessment import Assessment, Band
from sleuth.health.detector.looks import looks_for, next_bucket
from sleuth.health.detector.settings import DEFAULT, SENSITIVITIES, Settings
from sleuth.health.detector.strip import StripValue, health_strip, window_count, window_seconds

__all__ = [
    "DEFAULT",
    "SENSITIVITIES",
    "Assessment",
    "Band",
    "Settings",
    "StripValue",
    "assess",
    "health_strip",
    "looks_for",
    "next_bucket",
    "window_count",
    "window_seconds",
]
