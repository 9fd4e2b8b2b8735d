"""Why a verdict is what it is, in words, from what was stored of its assessment alone. Pure."""

from sleuth.health.explaining.coming import in_short
from sleuth.health.explaining.explanation import Explanation, Statistic, explain

__all__ = ["Explanation", "Statistic", "explain", "in_short"]
