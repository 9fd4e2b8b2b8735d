"""What was expected after a deploy, as paths of a plot that is 100 wide and high."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sleuth.dashboard.pictures import Expected


def outline(shown: Sequence[Expected], width: float, top: float) -> str:
    """Return the area: along the upper ends from left to right, and back along the lower.

    Args:
        width: Of a bucket, in percent of the plot.
        top: The count at its upper edge.
    """
    if not shown:
        return ""
    lower = [(each.index, each.low) for each in reversed(shown)]
    return f"M{_line(_upper(shown), width, top, (0, 1))}L{_line(lower, width, top, (1, 0))}Z"


def edges(shown: Sequence[Expected], width: float, top: float) -> str:
    """Return the upper and the lower edge, which stay visible in front of bars."""
    if not shown:
        return ""
    lower = [(each.index, each.low) for each in shown]
    return "".join(f"M{_line(each, width, top, (0, 1))}" for each in (_upper(shown), lower))


def _upper(shown: Sequence[Expected]) -> list[tuple[int, float]]:
    return [(each.index, each.high) for each in shown]


def _line(
    ends: Iterable[tuple[int, float]], width: float, top: float, sides: tuple[int, int]
) -> str:
    return "L".join(
        f"{round((index + side) * width, 2)} {round(100 - min(level / top, 1) * 100, 2)}"
        for index, level in ends
        for side in sides
    )
