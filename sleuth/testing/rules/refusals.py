"""What a tracker's refusals and troubles mean."""

from __future__ import annotations

from collections.abc import Collection

from sleuth.plugin_api import TokenCheck
from sleuth.testing import faults, words
from sleuth.testing.bench import Bench
from sleuth.testing.reply import Reply
from sleuth.testing.rule import Chapter
from sleuth.testing.transport import Fault

CHAPTER = Chapter("Refusals and troubles")
RETRY_AFTER = 120
TOLERANCE = 5


@CHAPTER.rule(
    "C301",
    "401 is a permanent error about the credentials",
    "The integration is marked as broken and its administrators are told to replace the token.",
)
def unauthorized(bench: Bench) -> None:
    _is_permanent(bench, 401, {"credentials", "action_required"})


@CHAPTER.rule(
    "C302",
    "403 is a permanent error with a reason",
    "Asking again does not help until somebody grants access.",
)
def forbidden(bench: Bench) -> None:
    _is_permanent(bench, 403, {"forbidden", "credentials", "action_required"})


@CHAPTER.rule(
    "C303",
    "404 is a permanent error of the impact source, and no zero",
    "A project that was deleted has no errors any more; that is not the same as being healthy.",
)
def not_found(bench: Bench) -> None:
    reply = bench.ask(bench.counts(), faults.answering(404))
    _check_permanent(reply, 404, {"not_found", "forbidden"})


def _is_permanent(bench: Bench, status: int, reasons: Collection[str]) -> None:
    fault = faults.answering(status)
    check = bench.ask(bench.token(), fault)
    when = f"the tracker answers with status {status}"
    if not isinstance(check.value, TokenCheck) or check.fault() or check.value.ok:
        raise check.broken("TokenCheck(ok=False, message=…): a refusal is an answer", when)
    if flaw := words.flaw(check.value.message):
        raise check.broken(f"a message for people: it {flaw}", when)
    for question in bench.questions()[1:]:
        _check_permanent(bench.ask(question, fault), status, reasons)


def _check_permanent(reply: Reply, status: int, reasons: Collection[str]) -> None:
    when = f"the tracker answers with status {status}"
    wanted = f"TrackerError(permanent=True) whose reason is one of {', '.join(sorted(reasons))}"
    error = reply.refusal(wanted, when)
    if not error.permanent or error.reason not in reasons:
        raise reply.broken(wanted, when)
    _is_for_people(reply, when)


@CHAPTER.rule(
    "C304",
    "429 passes by itself, and Retry-After is heeded",
    "The product waits as long as the tracker asked for, and goes on.",
)
def too_often(bench: Bench) -> None:
    _passes(bench, faults.answering(429), "status 429", {"rate_limited"})
    when = f"the tracker answers with status 429 and Retry-After: {RETRY_AFTER}"
    fault = faults.answering(429, Retry_After=str(RETRY_AFTER))
    for reply in _passes(bench, fault, when.removeprefix("the tracker answers with ")):
        waits = reply.refusal("TrackerError", when).retry_after
        if waits is None or abs(waits - RETRY_AFTER) > TOLERANCE:
            raise reply.broken(f"retry_after={RETRY_AFTER}", when)


@CHAPTER.rule(
    "C305",
    "A Retry-After that is a date, or nonsense, does no harm",
    "HTTP allows a date there, and proxies write what they like.",
)
def odd_waits(bench: Bench) -> None:
    for value in ("Wed, 04 Mar 2026 12:05:00 GMT", "soon", "-1", ""):
        fault = faults.answering(429, Retry_After=value)
        _passes(bench, fault, f"status 429 and Retry-After: {value!r}")


@CHAPTER.rule(
    "C306",
    "5xx passes by itself",
    "Trackers have bad minutes. Their users' tokens are not to blame, and nothing is to be mended.",
)
def server_errors(bench: Bench) -> None:
    for status in (500, 502, 503):
        _passes(bench, faults.answering(status), f"status {status}", {"unavailable"})


@CHAPTER.rule(
    "C307",
    "A connection that fails passes by itself",
    "tracker.http raises the right TrackerError by itself; it only has to be let through.",
)
def no_connection(bench: Bench) -> None:
    _passes(bench, faults.hanging_up, "nothing but a refused connection")


def _passes(bench: Bench, fault: Fault, what: str, reasons: Collection[str] = ()) -> list[Reply]:
    when = f"the tracker answers with {what}"
    wanted = "TrackerError(permanent=False)"
    if reasons:
        wanted += f" with the reason {' or '.join(reasons)}"
    replies = [bench.ask(question, fault) for question in bench.questions()]
    for reply in replies:
        error = reply.refusal(wanted, when)
        if error.permanent or (reasons and error.reason not in reasons):
            raise reply.broken(wanted, when)
        _is_for_people(reply, when)
    return replies


def _is_for_people(reply: Reply, when: str) -> None:
    if flaw := words.flaw(reply.message):
        raise reply.broken(f"a message for people: it {flaw}", when)
