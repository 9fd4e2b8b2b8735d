"""What a plugin may use, and what it leaves behind."""

from __future__ import annotations

import threading
import time
import tracemalloc

from sleuth.http.deadline import THREAD_NAME
from sleuth.testing import faults
from sleuth.testing.bench import Bench
from sleuth.testing.guard import no_connections
from sleuth.testing.reply import Question, Reply
from sleuth.testing.rule import Chapter, require
from sleuth.testing.rules.projects import most_requests
from sleuth.testing.transport import Exchange, Honest
from sleuth.testing.windows import MOST_AT_ONCE

CHAPTER = Chapter("Manners")
MOST_SECONDS = 5
MOST_MEGABYTES = 64
MOST_REQUESTS = 20
MOST_TO_COUNT = 6
GRACE_SECONDS = 1


@CHAPTER.rule(
    "C801",
    "Arguments are not changed",
    "What a hook is given is read-only in the product, where a change raises an error.",
)
def leaves_arguments(bench: Bench) -> None:
    for question in bench.questions():
        reply = bench.ask(question)
        require(
            not reply.has_changed_arguments,
            f"{question} changed its config, its settings or its credentials.",
        )


@CHAPTER.rule(
    "C802",
    "It talks through tracker.http alone",
    "Only that client has time limits, host rules, proxies and redaction.",
)
def no_other_connections(bench: Bench) -> None:
    for question in bench.questions():
        with no_connections() as refused:
            bench.ask(question)
        require(
            not refused,
            f"{question} opened a connection of its own, to {refused[:1]}. Expected tracker.http.",
        )


@CHAPTER.rule(
    "C803",
    "Few requests are made",
    "Trackers limit requests an hour, and every impact source is collected every minute.",
)
def few_requests(bench: Bench) -> None:
    bounds = [
        (bench.token(), MOST_REQUESTS),
        (bench.projects(), most_requests(bench)),
        (bench.counts(window=bench.window(120)), MOST_TO_COUNT),
    ]
    for question, most in bounds:
        made = len(bench.ask(question).exchanges)
        require(made <= most, f"{question} made {made} requests. Expected {most} at most.")


@CHAPTER.rule(
    "C804",
    "It takes little time and memory",
    "A job collects many sources in twenty seconds; a worker has the memory of a small server.",
)
def is_light(bench: Bench) -> None:
    questions = [
        *bench.questions(),
        bench.counts(window=bench.window(MOST_AT_ONCE // bench.interval)),
    ]
    for question in questions:
        reply, megabytes = _measured(bench, question)
        require(
            reply.seconds <= MOST_SECONDS,
            f"{question} took {reply.seconds:.1f} s against a server on the same machine. "
            f"Expected {MOST_SECONDS} s at most.",
        )
        require(
            megabytes <= MOST_MEGABYTES,
            f"{question} used {megabytes:.0f} MB. Expected {MOST_MEGABYTES} MB at most.",
        )


def _measured(bench: Bench, question: Question) -> tuple[Reply, float]:
    was_tracing = tracemalloc.is_tracing()
    tracemalloc.start()
    tracemalloc.reset_peak()
    try:
        reply = bench.ask(question)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        if not was_tracing:
            tracemalloc.stop()
    return reply, peak / 1_000_000


@CHAPTER.rule(
    "C805",
    "No thread is left behind",
    "Workers run for weeks, and a thread goes on with credentials after its integration was "
    "disabled.",
)
def no_threads(bench: Bench) -> None:
    for question in bench.questions():
        bench.ask(question, _honestly)
        before = set(threading.enumerate())
        bench.ask(question, _honestly)
        left = _left(before)
        require(not left, f"{question} left a thread behind: {left}.")


def _honestly(_request: object, honest: Honest) -> Exchange:
    return honest()


def _left(before: set[threading.Thread]) -> str:
    deadline = time.monotonic() + GRACE_SECONDS
    while True:
        left = [each for each in set(threading.enumerate()) - before if each.name != THREAD_NAME]
        if not left or time.monotonic() > deadline:
            return ", ".join(thread.name for thread in left)
        time.sleep(0.02)


@CHAPTER.rule(
    "C806",
    "Credentials with a line break or an accent are an answer or a TrackerError",
    "People paste what they copied, and what they copied has something around it.",
)
def odd_credentials(bench: Bench) -> None:
    info = bench.loaded.info
    names = [field.name for field in info.credential_fields if field.is_secret]
    for odd in ("caf\u00e9-0123456789", "two\nlines-0123456789", " "):
        given = {**bench.sandbox.credentials, **dict.fromkeys(names, odd)}
        reply = bench.ask(bench.token(given), faults.answering(401))
        when = f"it is given the credentials {odd!r}"
        require(not reply.fault(), f"{reply.question}, when {when}, {reply.came}.")
