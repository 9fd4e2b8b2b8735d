"""The geometry of the larger chart of counts around a deploy, in percent of its plot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from sleuth.buckets import HOUR, MINUTE, rate_unit
from sleuth.dashboard.pictures import Bucket, Expected, Picture

STEPS = (1, 2, 2.5, 5, 10)
FEWEST_LINES = 2
NEAR_AN_END = 30
WIDE = 30


@dataclass(frozen=True, slots=True)
class Bar:
    """The errors of one bucket."""

    bucket: Bucket
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Buckets next to each other that hold no counts.

    Args:
        part: ``gap`` if they should, ``upcoming`` if they are not collected yet.
    """

    part: str
    x: float
    width: float

    @property
    def is_wide(self) -> bool:
        """Whether there is room for a note in it, on a telephone too."""
        return self.width >= WIDE

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)

    @property
    def note(self) -> str:
        return "not collected yet" if self.part == "upcoming" else "unknown"

    @property
    def title(self) -> str:
        return self.note if self.part == "upcoming" else "unknown: no counts were collected"


@dataclass(frozen=True, slots=True)
class Average:
    """The average before or after the deploy, as a line across those minutes."""

    part: str
    per_minute: float
    x: float
    width: float
    y: float


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


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn; ``picture`` holds the same as numbers.

    Args:
        band: The outline of what was expected after the deploy, as the path of a plot that
            is 100 wide and high; empty if that is not known.
        deploy_x, end_x: Where the deploy and the next one lie; the latter is None without.
    """

    picture: Picture
    bars: tuple[Bar, ...]
    stretches: tuple[Stretch, ...]
    averages: tuple[Average, ...]
    deploy_x: float
    levels: tuple[Mark, ...]
    times: tuple[Mark, ...]
    band: str = ""
    end_x: float | None = None


def draw_chart(picture: Picture | None, rate_after: float | None) -> Chart | None:
    """Lay out a chart; None without a picture.

    Args:
        rate_after: Average errors a minute since the deploy, None where unknown.
    """
    if picture is None:
        return None
    width = 100 / len(picture.counts)
    rate_before = picture.average_before
    rates = [rate * picture.per_minute for rate in (rate_before, rate_after) if rate is not None]
    top, levels = _levels(max([picture.highest, *rates, _highest_expected(picture)]))
    return Chart(
        picture=picture,
        bars=tuple(_bars(picture, width, top)),
        stretches=tuple(_stretches(picture, width)),
        averages=tuple(_averages(picture, width, top, (rate_before, rate_after))),
        deploy_x=_middle(picture.deploy_index, width),
        end_x=None if picture.end_index is None else _middle(picture.end_index, width),
        levels=levels,
        times=tuple(_times(picture, width)),
        band=_band(picture, width, top),
    )


def _middle(index: int, width: float) -> float:
    return round((index + 0.5) * width, 2)


def _highest_expected(picture: Picture) -> float:
    """Return how high the axis has to reach for the band; where little is known, not all of it."""
    highest = max((each.high for each in _shown(picture)), default=0.0)
    return min(highest, 2 * max(picture.highest, 1))


def _shown(picture: Picture) -> list[Expected]:
    end = len(picture.counts) - picture.upcoming
    return [each for each in picture.expected if 0 <= each.index < end]


def _band(picture: Picture, width: float, top: float) -> str:
    """Return the outline: along the upper ends from left to right, and back along the lower."""
    shown = _shown(picture)
    if not shown:
        return ""
    upper = [(each.index, each.high) for each in shown]
    lower = [(each.index, each.low) for each in reversed(shown)]
    points = [
        f"{round((index + side) * width, 2)} {round(100 - min(level / top, 1) * 100, 2)}"
        for part, sides in ((upper, (0, 1)), (lower, (1, 0)))
        for index, level in part
        for side in sides
    ]
    return f"M{'L'.join(points)}Z"


def _levels(highest: float) -> tuple[float, tuple[Mark, ...]]:
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


def _bars(picture: Picture, width: float, top: float) -> Iterable[Bar]:
    gap = min(width * 0.2, 0.25)
    for index, bucket in enumerate(picture.buckets):
        if bucket.count:
            height = max(bucket.count / top * 100, 0.8)
            yield Bar(
                bucket,
                x=round(index * width + gap / 2, 3),
                y=round(100 - height, 2),
                width=round(width - gap, 3),
                height=round(height, 2),
            )


def _stretches(picture: Picture, width: float) -> Iterable[Stretch]:
    for part, run in groupby(enumerate(picture.buckets), key=lambda pair: _emptiness(pair[1])):
        indexes = [index for index, _bucket in run]
        if part:
            yield Stretch(part, round(indexes[0] * width, 3), round(len(indexes) * width, 3))


def _emptiness(bucket: Bucket) -> str:
    if bucket.part == "upcoming":
        return "upcoming"
    return "" if bucket.count is not None else "gap"


def _averages(
    picture: Picture, width: float, top: float, rates: tuple[float | None, float | None]
) -> Iterable[Average]:
    deploy = picture.deploy_index
    spans = (("before", 0, deploy), ("after", deploy + 1, picture.own))
    for (part, first, length), rate in zip(spans, rates, strict=True):
        if rate is not None and length > 0:
            y = 100 - rate * picture.per_minute / top * 100
            x = round(first * width, 3)
            yield Average(part, rate, x, round(length * width, 3), round(y, 2))


def _times(picture: Picture, width: float) -> Iterable[Mark]:
    """Label both ends, and the deploy unless it is too near to one of them."""
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
