"""How large a deploy is called, by how many people it was made, and since when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sleuth.deploys import sizes
from sleuth.deploys.models import CodeDeployment
from sleuth.deploys.parameters import Registration, parse
from sleuth.deploys.registration import register_deploy
from tests.conftest import NOW

COMMIT = {"revision": "a"}


def a_file(path: str = "shop/cart.py", lines: int = 1) -> dict[str, Any]:
    return {"path": path, "additions": lines}


def by(**author: str) -> dict[str, Any]:
    return {"revision": "a", "author": author}


@pytest.mark.parametrize(
    ("count", "size"),
    [(1, "small"), (10, "small"), (20, "medium"), (30, "large"), (31, "gigantic")],
)
def test_commits_make_a_size(count: int, size: str) -> None:
    assert sizes.size_of([COMMIT] * count, [], []) == size


@pytest.mark.parametrize(
    ("count", "size"), [(10, "small"), (30, "medium"), (100, "large"), (101, "gigantic")]
)
def test_files_make_a_size(count: int, size: str) -> None:
    files = [{"path": f"{number}.py"} for number in range(count)]
    assert sizes.size_of([], files, []) == size


@pytest.mark.parametrize(
    ("lines", "size"), [(300, "small"), (301, "medium"), (3000, "large"), (3001, "gigantic")]
)
def test_changed_lines_make_a_size(lines: int, size: str) -> None:
    half = {"path": "a", "additions": lines // 2, "deletions": lines - lines // 2}
    assert sizes.size_of([COMMIT], [half], []) == size


@pytest.mark.parametrize(
    ("count", "size"), [(1, "small"), (2, "medium"), (4, "large"), (5, "gigantic")]
)
def test_pull_requests_make_a_size_beside_commits(count: int, size: str) -> None:
    assert sizes.size_of([COMMIT], [], [{"number": 7}] * count) == size


def test_the_largest_measure_decides() -> None:
    assert sizes.size_of([COMMIT], [a_file(lines=900)], [{}]) == "medium"


def test_files_of_commits_count_once_each_where_no_others_were_sent() -> None:
    commits = [{"revision": str(number), "files": [a_file(lines=200)]} for number in range(4)]
    assert sizes.size_of(commits, [], []) == "medium"
    assert sizes.size_of(commits, [a_file()], []) == "small"


def test_without_commits_and_files_there_is_no_size() -> None:
    assert sizes.size_of([], [], [{"number": 7}] * 9) == ""


def test_authors_are_told_apart_by_address_or_else_by_name() -> None:
    ada = [by(name="Ada", email="ada@acme.test"), by(name="Ada L.", email="ADA@acme.test")]
    assert sizes.author_count([*ada, by(name="Ben"), by(username="ben"), COMMIT]) == 2


def test_the_oldest_commit_is_the_first() -> None:
    dates = ("2026-03-04T11:00:00+00:00", "2026-03-02T09:30:00+00:00", "")
    commits = [{"revision": "a", "date": date} for date in dates]
    assert sizes.first_commit_at(commits) == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert sizes.first_commit_at([COMMIT]) is None


def test_a_registration_is_measured(web: CodeDeployment) -> None:
    commit = {"revision": "a", "date": "2026-03-03T10:00:00+01:00", "author": {"name": "Ada"}}
    given = {"sha": "a", "commits": [commit], "files": [a_file(lines=500)]}
    deploy = register_deploy(web.id, parse(given, NOW), NOW)
    assert (deploy.size, deploy.author_count) == ("medium", 1)
    assert deploy.first_commit_at == datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_a_registration_that_tells_nothing_has_no_size(web: CodeDeployment) -> None:
    deploy = register_deploy(web.id, Registration("a"), NOW)
    assert (deploy.size, deploy.author_count, deploy.first_commit_at) == ("", 0, None)
