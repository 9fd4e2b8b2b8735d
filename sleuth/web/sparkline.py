"""The geometry of the small picture of counts around a deploy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from flask import Flask

WIDTH = 240
HEIGHT = 40
BASELINE = HEIGHT - 1
HATCH_STEP = 5
MOST_KEPT = 2048


@dataclass(frozen=True, slots=True)
class Gap:
    """Buckets next to each other of which nothing is known; never drawn as zero."""

    x: float
    width: float
    hatch: str


@dataclass(frozen=True, slots=True)
class Sparkline:
    """What the ``sparkline`` macro draws, in units of its view box.

    Args:
        before, after: The bars on either side of the deploy, each as one path: a page has
            thousands of them, and an element of its own for each would be most of the page.
    """

    before: str
    after: str
    gaps: tuple[Gap, ...]
    deploy_x: float | None
    highest: int
    missing: int
    width: int = WIDTH
    height: int = HEIGHT


def init_app(app: Flask) -> None:
    """Offer ``layout_sparkline`` to the macro."""
    app.jinja_env.globals["layout_sparkline"] = layout_sparkline


def layout_sparkline(
    points: Sequence[int | None],
    deploy_index: int | None = None,
    coverage: Sequence[bool] | None = None,
    upcoming: int = 0,
) -> Sparkline:
    """Lay out one bar a bucket; what was laid out of late is not laid out again.

    Args:
        points: Counts of buckets of equal length; None where nothing is known.
        deploy_index: The first bucket after the deploy.
        coverage: Whether each bucket is known; all that are not None, if left out.
        upcoming: How many of the last buckets are still to come; they are left blank.
    """
    known = tuple(points)
    if coverage is not None:
        pairs = zip(points, coverage, strict=True)
        known = tuple(value if is_known else None for value, is_known in pairs)
    return _layout(known, deploy_index, upcoming)


@lru_cache(maxsize=MOST_KEPT)
def _layout(known: tuple[int | None, ...], deploy_index: int | None, upcoming: int) -> Sparkline:
    step = WIDTH / max(len(known), 1)
    highest = max((value for value in known if value is not None), default=0)
    first_after = len(known) if deploy_index is None else deploy_index
    due = known[: len(known) - upcoming]
    return Sparkline(
        before=_bars(known[:first_after], 0, step, highest),
        after=_bars(known[first_after:], first_after, step, highest),
        gaps=tuple(_gaps(due, step)),
        deploy_x=None if deploy_index is None else round(deploy_index * step, 2),
        highest=highest,
        missing=due.count(None),
    )


def _bars(known: Sequence[int | None], first: int, step: float, highest: int) -> str:
    """Return bars that stand on the baseline, as a path.

    What follows a bar's height is the same for all, so that little is left of it in transit.
    """
    space = min(step * 0.2, 1.5)
    rest = f"h{step - space:.4g}V{BASELINE}h{space:.4g}"
    shapes = {each: f"V{_top(each, highest)}{rest}" for each in set(known) if each is not None}
    parts = []
    before: int | None = None
    for index, value in enumerate(known, first):
        if value is not None:
            if before is None:
                parts.append(f"M{index * step + space / 2:.4g} {BASELINE}")
            parts.append(shapes[value])
        before = value
    return "".join(parts)


def _top(value: int, highest: int) -> int:
    return round(BASELINE - (max(value / highest * (BASELINE - 3), 2) if value else 1))


def _gaps(known: Sequence[int | None], step: float) -> list[Gap]:
    gaps = []
    for is_missing, run in groupby(enumerate(known), key=lambda pair: pair[1] is None):
        indexes = [index for index, _value in run]
        if is_missing:
            x, width = round(indexes[0] * step, 2), round(len(indexes) * step, 2)
            gaps.append(Gap(x, width, _hatch(x, width)))
    return gaps


def _hatch(x: float, width: float) -> str:
    """Return diagonal lines clipped to the gap, as a path."""
    lines = []
    offset = float(HATCH_STEP)
    while offset < width + BASELINE:
        top_x, top_y = x + min(offset, width), max(0.0, offset - width)
        low_x, low_y = x + max(0.0, offset - BASELINE), min(offset, float(BASELINE))
        lines.append(f"M{top_x:.1f} {top_y:.1f}L{low_x:.1f} {low_y:.1f}")
        offset += HATCH_STEP
    return "".join(lines)
