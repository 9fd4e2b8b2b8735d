"""The geometry of the larger chart of counts around a deploy, in percent of its plot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sleuth.dashboard import band
from sleuth.dashboard.axis import Mark, levels, times
from sleuth.dashboard.neighbours import Neighbour
from sleuth.dashboard.pictures import Bucket, Picture
from sleuth.dashboard.rows import Row, rows_of

WIDE = 30
TALLEST = 2
"""How many times the highest count the axis reaches for what was expected, and for a limit."""


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
class Shade:
    """The buckets that the verdict rests on."""

    x: float
    width: float

    @property
    def end(self) -> float:
        return round(self.x + self.width, 3)


@dataclass(frozen=True, slots=True)
class Pin:
    """Where other deploys lie, or the one whose page this is if it shares another's verdict.

    Args:
        role: ``this``, ``shares`` the verdict, or ``other``.
    """

    x: float
    role: str
    row: Row

    @property
    def public_id(self) -> str:
        """Whose page it leads to; "" if there are several, or if it is this one's."""
        deploys = self.row.deploys
        return deploys[0].public_id if len(deploys) == 1 and not deploys[0].is_this else ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn; ``picture`` and ``rows`` hold the same as numbers.

    Args:
        band, edges: What was expected after the deploy as an area, and its upper and lower
            edges, as paths of a plot that is 100 wide and high; empty if that is not known.
        deploy_x, end_x: Where the deploy and the next one lie; the latter is None without.
        limit_y: The user's own limit; None if there is none, or if it lies far above all.
    """

    picture: Picture
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    stretches: tuple[Stretch, ...]
    averages: tuple[Average, ...]
    deploy_x: float
    levels: tuple[Mark, ...]
    times: tuple[Mark, ...]
    band: str = ""
    edges: str = ""
    end_x: float | None = None
    shade: Shade | None = None
    limit_y: float | None = None
    pins: tuple[Pin, ...] = ()


def draw_chart(
    picture: Picture | None, rate_after: float | None, neighbours: Sequence[Neighbour] = ()
) -> Chart | None:
    """Lay out a chart; None without a picture.

    Args:
        rate_after: Average errors a minute since the deploy, None where unknown.
        neighbours: Deploys to the same environment; those outside the picture are left out.
    """
    if picture is None:
        return None
    width = 100 / len(picture.counts)
    rates = (picture.average_before, rate_after)
    top, marks = levels(_highest(picture, rates))
    rows = rows_of(picture, neighbours)
    return Chart(
        picture=picture,
        rows=rows,
        bars=tuple(bars_of(picture.buckets, width, top)),
        stretches=tuple(stretches_of(picture.buckets, width)),
        averages=tuple(_averages(picture, width, top, rates)),
        deploy_x=_middle(picture.deploy_index, width),
        end_x=None if picture.end_index is None else _middle(picture.end_index, width),
        levels=marks,
        times=tuple(times(picture, width)),
        band=band.outline(picture.shown, width, top),
        edges=band.edges(picture.shown, width, top),
        shade=_shade(picture, width),
        limit_y=_limit_y(picture, top),
        pins=tuple(_pins(picture, rows, width)),
    )


def _middle(index: int, width: float) -> float:
    return round((index + 0.5) * width, 2)


def _highest(picture: Picture, rates: Iterable[float | None]) -> float:
    """Return how high the axis has to reach; of what is known little, not for all of it."""
    known = [rate * picture.per_minute for rate in rates if rate is not None]
    ceiling = TALLEST * max(picture.highest, 1)
    expected = max((each.high for each in picture.shown), default=0.0)
    limit = (picture.limit or 0.0) * picture.per_minute
    return max(picture.highest, *known, min(expected, ceiling), limit if limit <= ceiling else 0.0)


def _limit_y(picture: Picture, top: float) -> float | None:
    if picture.limit is None:
        return None
    share = picture.limit * picture.per_minute / top
    return round(100 - share * 100, 2) if share <= 1 else None


def _shade(picture: Picture, width: float) -> Shade | None:
    first, number = picture.counted.start, len(picture.counted)
    return Shade(round(first * width, 3), round(number * width, 3)) if number else None


def _pins(picture: Picture, rows: Sequence[Row], width: float) -> Iterable[Pin]:
    for index, row in enumerate(rows):
        roles = {each.role for each in row.deploys}
        if index == picture.deploy_index:
            roles.discard("this")
        if roles:
            role = next(each for each in ("this", "shares", "other") if each in roles)
            yield Pin(_middle(index, width), role, row)


def bars_of(buckets: Sequence[Bucket], width: float, top: float) -> Iterable[Bar]:
    """Lay out what holds errors.

    Args:
        width: Of a bucket, in percent of the plot.
        top: The count at its upper edge.
    """
    gap = min(width * 0.2, 0.25)
    for index, bucket in enumerate(buckets):
        if bucket.count:
            height = max(bucket.count / top * 100, 0.8)
            yield Bar(
                bucket,
                x=round(index * width + gap / 2, 3),
                y=round(100 - height, 2),
                width=round(width - gap, 3),
                height=round(height, 2),
            )


def stretches_of(buckets: Sequence[Bucket], width: float) -> Iterable[Stretch]:
    """Lay out what holds none because they are not known.

    Args:
        width: Of a bucket, in percent of the plot.
    """
    for part, run in groupby(enumerate(buckets), key=lambda pair: _emptiness(pair[1])):
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
