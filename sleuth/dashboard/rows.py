"""The figures of a picture, bucket by bucket, with what was expected and deployed in each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sleuth.dashboard.essence import between
from sleuth.dashboard.neighbours import Neighbour
from sleuth.dashboard.pictures import Bucket, Expected, Picture

PARTS = {
    "before": "before",
    "deploy": "deployed",
    "after": "after",
    "next": "after the next one",
    "upcoming": "not collected yet",
}
COUNTABLE = {"deploy", "after"}
"""Parts that a verdict can rest on; the deploy's own bucket if the deploy came as it began."""

ROLES = {"this": "this deploy", "shares": "shares this verdict", "other": ""}


@dataclass(frozen=True, slots=True)
class Placed:
    """A deploy as it lies to the verdict that is drawn: this one, sharing it, or other."""

    deploy: Neighbour
    role: str

    @property
    def public_id(self) -> str:
        return self.deploy.public_id

    @property
    def is_this(self) -> bool:
        return self.deploy.is_this

    @property
    def words(self) -> str:
        """What was deployed, and what it has to do with the verdict."""
        return ", ".join(filter(None, (self.deploy.name, ROLES[self.role])))


@dataclass(frozen=True, slots=True)
class Row:
    """One bucket with everything that is known of it.

    Args:
        is_counted: Whether the verdict rests on it.
        deploys: What was deployed in it.
    """

    bucket: Bucket
    expected: Expected | None
    is_counted: bool
    deploys: tuple[Placed, ...]

    @property
    def errors(self) -> str:
        """The count in words, "" if there is a number."""
        if self.bucket.count is not None:
            return ""
        return "–" if self.bucket.part == "upcoming" else "unknown"

    @property
    def range(self) -> str:
        """Between which counts it was expected to lie, "" where nothing was."""
        if self.expected is None or self.bucket.part == "upcoming":
            return ""
        return between(self.expected.low, self.expected.high)

    @property
    def part(self) -> str:
        """Where it lies to the deploy, and whether it counted."""
        return PARTS[self.bucket.part] + (", counted" if self.is_counted else "")


def rows_of(picture: Picture, neighbours: Sequence[Neighbour]) -> tuple[Row, ...]:
    """Return the buckets of a picture with what was expected and deployed in each."""
    deploys: dict[int | None, list[Placed]] = defaultdict(list)
    for each in neighbours:
        deploys[picture.index_of(each.at)].append(Placed(each, _role(each, picture)))
    expected = {each.index: each for each in picture.expected}
    return tuple(
        Row(
            bucket,
            expected.get(index),
            index in picture.counted and bucket.part in COUNTABLE,
            tuple(deploys.get(index, ())),
        )
        for index, bucket in enumerate(picture.buckets)
    )


def _role(deploy: Neighbour, picture: Picture) -> str:
    if deploy.is_this:
        return "this"
    began_at, ended_at = picture.began_at, picture.ended_at
    if not picture.is_shared or began_at is None or deploy.at < began_at:
        return "other"
    return "shares" if ended_at is None or deploy.at < ended_at else "other"
