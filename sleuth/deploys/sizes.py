"""What a deploy's commits, files and pull requests amount to: its size, its authors, its age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Entries = Sequence[Mapping[str, Any]]

LARGEST = {
    "small": (1, 10, 10, 300),
    "medium": (2, 20, 30, 1_000),
    "large": (4, 30, 100, 3_000),
}
"""Up to how many pull requests, commits, files and changed lines a deploy is of a size."""

BEYOND = "gigantic"


def size_of(commits: Entries, files: Entries, pull_requests: Entries) -> str:
    """Return the size by whichever measure is the largest; "" if nothing tells what changed.

    Pull requests alone do not: they say how the work was cut, not how much of it there was.
    """
    changed = files or [each for commit in commits for each in commit.get("files", ())]
    if not commits and not changed:
        return ""
    paths = {each.get("path") for each in changed}
    measures = (len(pull_requests), len(commits), len(paths), sum(map(_lines, changed)))
    fitting = (
        size
        for size, limits in LARGEST.items()
        if all(measure <= limit for measure, limit in zip(measures, limits, strict=True))
    )
    return next(fitting, BEYOND)


def author_count(commits: Entries) -> int:
    """Return how many people wrote the commits, told apart by address, else by name."""
    told = (commit.get("author") for commit in commits)
    authors = (each for each in told if isinstance(each, Mapping))
    names = (each.get("email") or each.get("username") or each.get("name") for each in authors)
    return len({name.casefold() for name in names if name})


def first_commit_at(commits: Entries) -> datetime | None:
    """Return when the oldest commit was made, None if no commit tells."""
    dates = (datetime.fromisoformat(each["date"]) for each in commits if each.get("date"))
    return min(dates, default=None)


def _lines(changed: Mapping[str, Any]) -> int:
    counts = (changed.get(name) for name in ("additions", "deletions"))
    return sum(count for count in counts if isinstance(count, int))
