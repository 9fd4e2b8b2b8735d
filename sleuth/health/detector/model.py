"""What is usual at a deploy, and what came after it of that which can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sleuth.health.detector.blips import Blips, blips_of
from sleuth.health.detector.evidence import After, Doubt
from sleuth.health.detector.forecast import Forecast, flat, forecast
from sleuth.health.detector.missing import most_of_missing, usual_in_missing
from sleuth.health.detector.series import Flags, Floats, Series
from sleuth.health.detector.settings import Settings
from sleuth.health.detector.usual import brought_by_jobs, day_profile, flat_day, recurring
from sleuth.health.detector.windows import Windows, cut

PRONE_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Model:
    """What is usual at this deploy.

    Args:
        usual: What the usual day brings in each bucket, jobs aside.
        jobs: What recurring jobs bring beside it.
        missing: What it brings in the missing ones of each bin after the deploy.
    """

    windows: Windows
    forecast: Forecast
    blips: Blips
    usual: Floats
    jobs: Floats
    missing: Floats

    @property
    def scale(self) -> float:
        """What was to be expected by what is usual."""
        return self.forecast.scale(self.windows)


def model_of(series: Series, deploys: Sequence[int], settings: Settings) -> Model:
    """Learn what is usual from a series.

    Args:
        deploys: Epoch seconds of earlier deploys.
    """
    flags = recurring(series)
    size = series.counts.size - series.past
    is_left = ~flags[series.past :]
    if not settings.use_masks or is_left.sum() < max(1.0, 0.4 * size):
        flags = np.zeros_like(flags)
    masked = series.without(flags)
    usual = day_profile(masked) if settings.use_profile else flat_day(masked)
    windows = cut(masked, usual, size, [each for each in deploys if each < _deployed(series)])
    made = forecast(windows) if settings.use_forecast else flat(windows)
    blips = blips_of(masked, usual, windows, made) if settings.use_blips else Blips(0.0, 0)
    missing = usual_in_missing(series, flags, usual, windows)
    jobs = brought_by_jobs(series, flags, usual)
    return Model(windows, made, blips, usual, jobs, missing)


def _deployed(series: Series) -> int:
    return series.start + series.past * series.step


def compared_bins(model: Model) -> tuple[Flags, Doubt]:
    """Return the bins to compare, and what a restart may explain of them.

    They are those without jobs, and without the restart blips of a team that is prone to
    them. Of any other team it is in doubt whether this deploy brought a blip.
    """
    left = np.asarray(model.windows.usual[-1] + model.missing > 0)
    blips = model.blips
    calm = left & (model.windows.offsets >= blips.minutes)
    bins = calm if blips.share > PRONE_SHARE else left
    return bins, Doubt(calm[bins], blips.share, blips.minutes)


def after_of(series: Series, model: Model, bins: Flags, doubt: Doubt) -> After:
    """Return what came in the bins that are compared, and what was expected of them."""
    windows = model.windows
    known = model.forecast.expected[-1][bins]
    missing = model.missing[bins] * model.scale
    return After(
        counts=windows.counts[-1][bins],
        expected=known + missing,
        known=known,
        most=most_of_missing(missing, model.forecast),
        offsets=windows.offsets[bins],
        width=windows.width * series.step / 60,
        shared=model.forecast.shared,
        single=model.forecast.single,
        doubt=doubt,
    )
