"""Counts, compared with what is true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any

from sleuth.plugin_api import CountSeries, ImpactConfig
from sleuth.testing.bench import Bench
from sleuth.testing.reply import Reply, named
from sleuth.testing.rule import BrokenRuleError, Chapter, NotCheckedError, require
from sleuth.testing.telling import difference
from sleuth.testing.windows import MOST_AT_ONCE, NOON, Window
from sleuth.trackers.answers import vouched_for

CHAPTER = Chapter("Counts")


@CHAPTER.rule(
    "C601",
    "Points are whole counts in UTC, on the interval, sorted, unique, and inside the window",
    "[since, until) is half-open: the bucket that starts at `until` belongs to the next window. "
    "A point that is not where it belongs is added to the wrong bucket, or counted twice.",
)
def points_are_right(bench: Bench) -> None:
    settled = bench.window(120, _a_while_ago(bench))
    for config, window in product(bench.configs(), (bench.window(120), settled)):
        reply = bench.ask(bench.counts(config, window))
        series = reply.value
        if not isinstance(series, CountSeries) or reply.error:
            raise reply.broken("a CountSeries")
        if not _are_pairs(series.points):
            raise reply.broken("points that are a tuple of pairs, of an instant and a count")
        problem = _problem(reply, series.points)
        require(not problem, f"{reply.question} returned {problem}.")
        reply.series()


def _are_pairs(points: Any) -> bool:
    return isinstance(points, tuple) and all(
        isinstance(point, tuple) and len(point) == 2 for point in points
    )


def _problem(reply: Reply, points: Any) -> str:
    asked = reply.question
    for at, count in points:
        if not isinstance(at, datetime) or at.utcoffset() != timedelta(0):
            return f"the point {at!r}, which is no aware datetime in UTC"
        if type(count) is not int or count < 0:
            return f"the count {count!r} at {at:%H:%M}, which is no whole number from 0 up"
        if not asked.since <= at < asked.until:
            return f"a point at {at.astimezone(UTC):%H:%M:%S}, outside of the window"
        if at.timestamp() % asked.interval_seconds:
            return f"a point at {at:%H:%M:%S}, between two buckets of {asked.interval_seconds} s"
    for (earlier, _), (later, _) in pairwise(points):
        if earlier >= later:
            return f"a point at {later:%H:%M} after the one at {earlier:%H:%M}: sorted, each once"
    return ""


@CHAPTER.rule(
    "C602",
    "Counts are those of the tracker",
    "This is what the product is for.",
)
def counts_are_true(bench: Bench) -> None:
    window = bench.window(120)
    for config in bench.configs():
        reply = bench.ask(bench.counts(config, window))
        _is_true(bench, config, reply)
        vouched = len(reply.vouched())
        require(
            vouched >= len(window.buckets()) / 2,
            f"{reply.question} vouches for {vouched} of {len(window.buckets())} buckets. Expected "
            "all that ended a while ago: complete_until is too early, or complete_since too late.",
        )


@CHAPTER.rule(
    "C603",
    "A whole day is counted to its end",
    "History is collected a day at a time. Answers of that size are cut by many an API.",
)
def a_day(bench: Bench) -> None:
    window = bench.window(MOST_AT_ONCE // bench.interval, _a_while_ago(bench))
    buckets, config = len(window.buckets()), bench.configs()[0]
    reply = bench.ask(bench.counts(config, window))
    _is_true(bench, config, reply)
    vouched = len(reply.vouched())
    wanted = buckets if bench.loaded.info.capabilities.has_explicit_range else buckets // 2
    require(
        vouched >= wanted,
        f"{reply.question} vouches for {vouched} of {buckets} buckets. Expected {wanted} at least.",
    )


@CHAPTER.rule(
    "C604",
    "The oldest day that can be asked for is answered",
    "look_back_days says how far back history is collected. What the tracker no longer keeps is "
    "left out with complete_since; it is not zero.",
)
def the_oldest(bench: Bench) -> None:
    _has_a_range(bench)
    days = bench.loaded.info.capabilities.look_back_days
    until = bench.clock.now - timedelta(days=days) + 60 * bench.interval
    config = bench.configs()[0]
    _is_true(bench, config, bench.ask(bench.counts(config, bench.window(60, until))))


@CHAPTER.rule(
    "C605",
    "A window without errors is an answer",
    "Quiet minutes are zeros that the plugin vouches for, whether it returns them or leaves "
    "them out.",
)
def nothing_happened(bench: Bench) -> None:
    _has_a_range(bench)
    config, window = _quiet(bench)
    reply = bench.ask(bench.counts(config, window))
    vouched = reply.vouched("nothing happened")
    if vouched != {window.since: 0}:
        raise reply.broken("one bucket without errors, vouched for", "nothing happened")


def _quiet(bench: Bench) -> tuple[ImpactConfig, Window]:
    until = _a_while_ago(bench)
    for config in bench.configs():
        for bucket in bench.window(600, until).buckets():
            if bench.sandbox.count(config, bucket) == 0:
                return config, Window(bucket, bucket + bench.interval, bench.interval)
    raise NotCheckedError("the sandbox has no bucket without errors in 600 of each of its configs")


@CHAPTER.rule(
    "C606",
    "Buckets that have not ended are not vouched for",
    "The newest bucket still grows. Taken for complete, it looks like an improvement.",
)
def unfinished(bench: Bench) -> None:
    _has_a_range(bench)
    now = bench.clock.now
    for ahead in (10, 60):
        window = bench.window(30, now + ahead * bench.interval)
        reply = bench.ask(bench.counts(window=window))
        for bucket in reply.vouched("the window reaches into the future"):
            require(
                bucket + bench.interval <= now,
                f"At {now:%H:%M:%S}, {reply.question} vouches for the bucket that starts at "
                f"{bucket:%H:%M:%S}, which has not ended. Expected complete_until to be earlier.",
            )


@CHAPTER.rule(
    "C607",
    "What was vouched for does not grow at once",
    "Trackers take a while to count what they received. complete_until has to stay behind that.",
)
def has_settled(bench: Bench) -> None:
    config, window = bench.configs()[0], bench.window(30, bench.clock.now + 2 * bench.interval)
    early = bench.ask(bench.counts(config, window)).vouched()
    bench.clock.now = NOON + max(timedelta(minutes=10), bench.interval)
    bench.transport.forget()
    try:
        late = {bucket: bench.sandbox.count(config, bucket) for bucket in list(early)[-2:]}
    finally:
        bench.clock.now = NOON
    for bucket, count in late.items():
        grown = count > early[bucket] + max(2, early[bucket])
        require(
            not grown,
            f"The bucket at {bucket:%H:%M} was vouched for with {early[bucket]} errors, and has "
            f"{count} ten minutes later. Expected complete_until before it.",
        )


@CHAPTER.rule(
    "C608",
    "Asking again gives the same",
    "Every window is read several times, because trackers correct the past.",
)
def repeats(bench: Bench) -> None:
    question = bench.counts(window=bench.window(120))
    first, second = (
        vouched_for(bench.ask(question).series(), question.since, question.until) for _ in range(2)
    )
    if first.points != second.points or first.complete_until != second.complete_until:
        raise BrokenRuleError(f"{question} is not stable: {difference(first, second)}.")


def _is_true(bench: Bench, config: ImpactConfig, reply: Reply) -> None:
    for bucket, count in reply.vouched().items():
        truth = bench.sandbox.count(config, bucket)
        if count != truth:
            raise BrokenRuleError(
                f"{reply.question} says {count} errors at {bucket:%Y-%m-%d %H:%M} UTC for "
                f"{named(config)}. Expected {truth}, as the sandbox counts."
            )


def _has_a_range(bench: Bench) -> None:
    if not bench.loaded.info.capabilities.has_explicit_range:
        raise NotCheckedError("the tracker answers the latest buckets only (has_explicit_range)")


def _a_while_ago(bench: Bench) -> datetime:
    """Return when every tracker is done with counting."""
    return bench.clock.now - max(timedelta(hours=3), 2 * bench.interval)
