"""What placebo deploys gave beside what is stated, month by month, as a picture in percent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sleuth.health.by_hand.comparing import Figures

LEAST_TOP = 20.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One month; places are percent of the picture, from the left and from the top.

    Args:
        y: Where the share lies that placebos gave.
        high, low: The upper and the lower end of its interval.
    """

    figures: Figures
    x: float
    y: float
    high: float
    low: float


@dataclass(frozen=True, slots=True)
class Plot:
    """The months of one sensitivity, oldest first.

    Args:
        top: Of a hundred, how many the upper edge stands for.
        stated_y: Where the stated rate lies.
    """

    sensitivity: str
    stated: int
    top: int
    stated_y: float
    marks: tuple[Mark, ...]


def plots(found: Sequence[Figures]) -> list[Plot]:
    """Return a picture for each sensitivity with enough placebo deploys in two months or more."""
    told = [each for each in reversed(found) if each.placebo.is_enough]
    names = dict.fromkeys(each.sensitivity for each in told)
    drawn = [[each for each in told if each.sensitivity == name] for name in names]
    return [_plot(months) for months in drawn if len(months) > 1]


def _plot(months: Sequence[Figures]) -> Plot:
    stated = months[0].stated
    reach = max(LEAST_TOP, stated, *(each.placebo.interval[1] for each in months))
    top = int(-(-reach // 10) * 10)
    step = 100 / len(months)

    def place(percent: float) -> float:
        return round(100 - percent / top * 100, 2)

    marks = tuple(
        Mark(
            each,
            round(step * (number + 0.5), 2),
            place(each.placebo.percent),
            place(each.placebo.interval[1]),
            place(each.placebo.interval[0]),
        )
        for number, each in enumerate(months)
    )
    return Plot(months[0].sensitivity, stated, top, place(stated), marks)
