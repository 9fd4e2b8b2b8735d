"""The list of projects."""

from __future__ import annotations

from collections import Counter

from sleuth.testing import faults, words
from sleuth.testing.bench import Bench
from sleuth.testing.rule import BrokenRuleError, Chapter, NotCheckedError
from sleuth.testing.telling import difference
from sleuth.testing.transport import TooManyRequestsError

CHAPTER = Chapter("Projects")
ONE_PAGE = 100


@CHAPTER.rule(
    "C401",
    "Projects have keys of their own and names for people",
    "The name is what is chosen; the key is what is stored and counted for ever.",
)
def are_named(bench: Bench) -> None:
    reply = bench.ask(bench.projects())
    for project in reply.projects():
        label = project.label
        if not label.strip() or words.like_code(label):
            raise reply.broken(f"a label for people, not {label!r}, for project {project.key!r}")
        if project.key != project.key.strip():
            raise reply.broken(f"a key without spaces around it, not {project.key!r}")


@CHAPTER.rule(
    "C402",
    "All pages of projects are listed",
    "Trackers cut long lists, at 100 rows mostly. A project that is missing cannot be measured.",
)
def all_pages(bench: Bench) -> None:
    wanted = _many(bench)
    reply = bench.ask(bench.projects(bench.sandbox.many_credentials))
    found = reply.projects("there are many projects")
    if len(found) != wanted:
        raise reply.broken(f"the {wanted} projects that these credentials see, not {len(found)}")


@CHAPTER.rule(
    "C403",
    "Pages that go round in circles come to an end",
    "A tracker, or a cache before it, that gives the same page for ever would hold a job until "
    "its time limit.",
)
def ends(bench: Bench) -> None:
    _many(bench)
    question = bench.projects(bench.sandbox.many_credentials)
    reply = bench.ask(question, faults.in_circles())
    when = "every page of a list is its first page"
    if isinstance(reply.error, TooManyRequestsError) or reply.fault():
        raise reply.broken("a list or a TrackerError, after a few requests", when)


@CHAPTER.rule(
    "C404",
    "The list of projects is the same when nothing has changed",
    "The list is shown in this order, and compared with what is stored.",
)
def is_stable(bench: Bench) -> None:
    first, second = bench.ask(bench.projects()), bench.ask(bench.projects())
    if first.projects() != second.projects():
        what = difference(first.value, second.value)
        raise BrokenRuleError(f"{second.question} is not stable: {what}.")


def _many(bench: Bench) -> int:
    number = bench.sandbox.many_projects
    if number <= ONE_PAGE or not bench.sandbox.many_credentials:
        raise NotCheckedError(
            f"the sandbox has no credentials that see more than {ONE_PAGE} projects "
            "(`many_credentials`, `many_projects`)"
        )
    return number


def most_requests(bench: Bench) -> int:
    """Return how many requests are enough for the projects of the sandbox's credentials."""
    listed = bench.ask(bench.projects()).projects()
    organizations = len(Counter(project.org_key for project in listed))
    return 10 + 5 * organizations + 2 * (len(listed) // ONE_PAGE + 1)
