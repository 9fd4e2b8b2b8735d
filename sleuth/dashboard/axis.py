"""The labels at the axes of the larger chart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sleuth.buckets import HOUR, MINUTE, rate_unit
from sleuth.dashboard.pictures import Picture

STEPS = (1, 2, 2.5, 5, 10)
FEWEST_LINES = 2
NEAR_AN_END = 30


@dataclass(frozen=True, slots=True)
class Mark:
    """A label at an axis.

    Args:
        place: Percent of the plot, from the left or from the top.
        anchor: ``start``, ``middle`` or ``end``: which part of the label stands there.
    """

    place: float
    text: str
    anchor: str = "middle"


def levels(highest: float) -> tuple[float, tuple[Mark, ...]]:
    """Return the top of the axis and its labels: round numbers, two to four steps."""
    magnitude = 1.0
    while magnitude * 10 * FEWEST_LINES <= highest:
        magnitude *= 10
    rounded = [step * magnitude for step in STEPS if step * magnitude == int(step * magnitude)]
    step = next((each for each in rounded if each * 4 >= highest), rounded[-1])
    count = max(FEWEST_LINES, -(-int(-(-highest // 1)) // int(step)))
    top = count * step
    marks = tuple(
        Mark(round(100 - line * step / top * 100, 2), str(int(line * step)))
        for line in range(count + 1)
    )
    return top, marks


def times(picture: Picture, width: float) -> Iterator[Mark]:
    """Label both ends, and the deploy unless it is too near to one of them.

    Args:
        width: Of a bucket, in percent of the plot.
    """
    before, after = picture.deploy_index, len(picture.counts) - picture.deploy_index - 1
    yield Mark(0, f"{_span(before, picture)} before", "start")
    place = (before + 0.5) * width
    if NEAR_AN_END < place < 100 - NEAR_AN_END:
        yield Mark(round(place, 2), "deploy")
    yield Mark(100, f"{_span(after, picture)} after", "end")


def _span(buckets: int, picture: Picture) -> str:
    seconds = buckets * picture.step_seconds
    is_by_the_hour = rate_unit(picture.step_seconds) >= HOUR
    return f"{seconds // HOUR} h" if is_by_the_hour else f"{seconds // MINUTE} min"
