"""What the minutes that are missing after a deploy may have brought.

A rise is judged as if they had brought nothing, a fall as if they had brought the most that was
to be expected, so that losing minutes never makes either of them clearer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sleuth.health.detector.evidence import After, Change, weigh
from sleuth.health.detector.forecast import Forecast
from sleuth.health.detector.series import Flags, Floats, Series
from sleuth.health.detector.spread import interval
from sleuth.health.detector.windows import Windows


def usual_in_missing(series: Series, flags: Flags, usual: Floats, windows: Windows) -> Floats:
    """Return what the usual day brings in the missing buckets of each bin after the deploy.

    Args:
        flags: Which buckets are left out whether they are known or not.
    """
    end = series.past + windows.bins * windows.width
    is_missing = ~series.known[series.past : end] & ~flags[series.past : end]
    lost = np.where(is_missing, usual[series.past : end], 0.0)
    return np.asarray(lost.reshape(windows.bins, windows.width).sum(1))


def most_of_missing(expected: Floats, made: Forecast) -> Floats:
    """Return the upper end of what the missing buckets of each bin were expected to bring."""
    _low, high = interval(expected, expected + (made.shared + made.single) * expected**2)
    return np.where(expected > 0, high, 0.0)


def weigh_filled(
    windows: Windows, made: Forecast, bins: Flags, after: After, brought: Floats
) -> tuple[Change, Change]:
    """Return the evidence for a rise and for a fall, had the missing buckets brought something.

    Args:
        bins: Which bins are compared.
        brought: How much in each of them.
    """
    counts, expected = windows.counts.copy(), made.expected.copy()
    counts[-1, bins], expected[-1, bins] = after.counts + brought, after.expected
    return weigh(
        replace(windows, counts=counts), replace(made, expected=expected), bins, after.doubt
    )
