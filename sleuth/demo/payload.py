"""What a pipeline would have sent to the registration API, made up to the last commit."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sleuth.demo.cast import DOMAIN, PEOPLE
from sleuth.demo.changes import Change

COMMIT_EVERY = timedelta(minutes=97)


def parameters(
    change: Change,
    number: int,
    deployed_at: datetime,
    environment: str,
    commit_count: int | None = None,
) -> dict[str, Any]:
    """Return the parameters that register a deploy of a change.

    Args:
        number: Of the pull request; it decides the revisions too.
        commit_count: How many of the change's commits are deployed, None for all.
    """
    repository = f"https://git.{DOMAIN}/{change.deployment}"
    commits = _commits(change, number, deployed_at, repository)[:commit_count]
    revision = commits[-1]["revision"]
    author = _author(change.author)
    url = f"{repository}/pull/{number}"
    return {
        "sha": revision,
        "environment": environment,
        "date": deployed_at.isoformat(),
        "branch": "main",
        "email": author["email"],
        "tags": list(change.tags),
        "commits": commits,
        "files": [_file(path, number) for path in change.files],
        "pull_requests": [{"number": number, "title": change.title, "url": url, "author": author}],
        "links": {"Pipeline": f"{repository}/runs/{int(revision[:5], 16)}"},
    }


def _commits(
    change: Change, number: int, deployed_at: datetime, repository: str
) -> list[dict[str, Any]]:
    messages = change.commits or (change.title,)
    found = []
    for index, message in enumerate(messages):
        revision = _digest(change.deployment, number, index)
        found.append(
            {
                "revision": revision,
                "message": message,
                "author": _author(change.author if index else change.helper or change.author),
                "date": (deployed_at - (len(messages) - index) * COMMIT_EVERY).isoformat(),
                "url": f"{repository}/commit/{revision}",
            }
        )
    return found


def _author(name: str) -> dict[str, str]:
    person = PEOPLE[name]
    return {"name": person.name, "email": person.email}


def _file(path: str, number: int) -> dict[str, Any]:
    size = int(_digest(path, number)[:4], 16)
    return {"path": path, "additions": 2 + size % 67, "deletions": size % 29}


def _digest(*parts: object) -> str:
    return hashlib.sha1(repr(parts).encode(), usedforsecurity=False).hexdigest()
