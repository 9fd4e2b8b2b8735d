"""Answers in shapes that nobody expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sleuth.plugin_api import TrackerError
from sleuth.testing import faults, shapes, words
from sleuth.testing.bench import Bench
from sleuth.testing.reply import Reply
from sleuth.testing.rule import Chapter
from sleuth.testing.transport import Exchange, Fault

CHAPTER = Chapter("Answers in unknown shapes")
MOST_VARIANTS = 400
"""Tried of each question by each rule."""
WANTED = "a TrackerError with a message for people"
Variants = Callable[[Any], Iterator[shapes.Variant]]


@CHAPTER.rule(
    "C501",
    "A web page instead of data is a TrackerError",
    "Logins and proxies answer with a page, and with status 200.",
)
def web_page(bench: Bench) -> None:
    _is_no_answer(bench, faults.web_page, "it is answered with a web page")


@CHAPTER.rule(
    "C502",
    "An empty answer is a TrackerError",
    "No answer is not the answer that there are no errors.",
)
def empty(bench: Bench) -> None:
    _is_no_answer(bench, faults.nothing, "the answers are empty")


@CHAPTER.rule(
    "C503",
    "An answer that breaks off is a TrackerError",
    "Half an answer is half the errors.",
)
def half(bench: Bench) -> None:
    _is_no_answer(bench, faults.half, "the answers break off in the middle")


def _is_no_answer(bench: Bench, fault: Fault, when: str) -> None:
    for question in bench.questions():
        reply = bench.ask(question, fault)
        if reply.refusal(WANTED, when).permanent or words.flaw(reply.message):
            raise reply.broken(f"{WANTED}, permanent=False", when)


@CHAPTER.rule(
    "C504",
    "Another document altogether is a TrackerError",
    "null, a number, or a list for an object: tracker.http parses it, the plugin looks at it.",
)
def other_documents(bench: Bench) -> None:
    _survives(bench, shapes.other_tops)


@CHAPTER.rule(
    "C505",
    "Missing keys are a TrackerError, or make no difference",
    "APIs lose fields. Anything but a TrackerError is reported as a bug of the plugin, and a "
    "number made of what is left is wrong.",
)
def missing_keys(bench: Bench) -> None:
    _survives(bench, shapes.without_keys)


@CHAPTER.rule(
    "C506",
    "null in place of a value is a TrackerError, or makes no difference",
    "str(None) is a project called None, and int(None or 0) is a minute without errors.",
)
def nulls(bench: Bench) -> None:
    _survives(bench, shapes.with_nulls)


@CHAPTER.rule(
    "C507",
    "Values of another type are a TrackerError, or make no difference",
    "A negative or broken number, or an object where a list belongs, is not counted.",
)
def other_types(bench: Bench) -> None:
    _survives(bench, shapes.with_other_types)


def _survives(bench: Bench, variants: Variants) -> None:
    for question in bench.questions():
        honest = bench.ask(question)
        honest.answer()
        for exchange, variant in _tried(honest, variants):
            fault = faults.instead_of(exchange, variant.document)
            reply = bench.ask(question, fault)
            when = f"in the answer of {exchange.path} {variant.words}"
            if reply.fault():
                raise reply.broken(WANTED, when)
            if isinstance(reply.error, TrackerError):
                if words.flaw(reply.message):
                    raise reply.broken(WANTED, when)
            elif problem := _DIFFERENCES.get(question.hook, _none)(honest, reply):
                raise reply.broken(f"{WANTED}: {problem}", when)


def _tried(honest: Reply, variants: Variants) -> Iterator[tuple[Exchange, shapes.Variant]]:
    number = 0
    for exchange in {each.url: each for each in honest.exchanges}.values():
        document = exchange.document()
        for variant in variants(document) if document is not None else ():
            number += 1
            if number > MOST_VARIANTS:
                return
            yield exchange, variant


def _account(_honest: Reply, reply: Reply) -> str:
    check = reply.value
    told = f"{check.account_id} {check.account_label}"
    if check.ok and words.like_code(told):
        return f"the account is called {told!r}"
    return "" if check.ok or not words.flaw(check.message) else "the message is not for people"


def _projects(honest: Reply, reply: Reply) -> str:
    known = {(project.org_key, project.key) for project in honest.value}
    for project in reply.value:
        if (project.org_key, project.key) not in known:
            return f"there is no project {project.key!r} (org_key {project.org_key!r})"
        if words.like_code(f"{project.label} {project.org_label}"):
            return f"a project is called {project.label!r} of {project.org_label!r}"
    return ""


def _counts(honest: Reply, reply: Reply) -> str:
    truth = honest.vouched()
    for bucket, count in reply.vouched().items():
        if truth.get(bucket, count) != count:
            return f"the count at {bucket:%H:%M} is {truth[bucket]}, not {count}"
    return ""


def _none(_honest: Reply, _reply: Reply) -> str:
    return ""


_DIFFERENCES: dict[str, Callable[[Reply, Reply], str]] = {
    "sleuth_validate_token": _account,
    "sleuth_list_projects": _projects,
    "sleuth_collect_counts": _counts,
}
