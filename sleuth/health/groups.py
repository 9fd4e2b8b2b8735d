"""Deploys of one environment that lie so close together that they share a verdict. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

LONGEST_WINDOW = timedelta(days=2)
"""What comes later than this ends no window: the last look at a day of data is over by then,
even where a bucket is as wide as a day."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a deploy happened."""

    deploy_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a verdict lies on the timeline of an environment.

    Args:
        deploy_ids: Of the deploys that share it, in their order.
        began_at: When the first of them came.
        ended_at: When the first deploy after them came; None if none did while it mattered.
        earlier: When earlier deploys came, in epoch seconds.
    """

    deploy_ids: tuple[int, ...]
    began_at: datetime
    ended_at: datetime | None
    earlier: tuple[int, ...] = ()


def places(moments: Sequence[Moment], window: timedelta) -> list[Place]:
    """Divide a timeline into groups.

    A group goes on until a window after its first deploy, so that deploys which follow each
    other closely for hours do not all become one.

    Args:
        moments: In order, from the beginning of a group on.
    """
    groups: list[list[Moment]] = []
    for moment in moments:
        if not groups or moment.at - groups[-1][0].at >= window:
            groups.append([])
        groups[-1].append(moment)
    return [
        Place(tuple(each.deploy_id for each in group), group[0].at, _end(group, following))
        for group, following in zip_longest(groups, groups[1:])
    ]


def _end(group: Sequence[Moment], following: Sequence[Moment] | None) -> datetime | None:
    if not following or following[0].at - group[0].at >= LONGEST_WINDOW:
        return None
    return following[0].at
