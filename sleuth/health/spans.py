"""The part of a series that a verdict rests on. Loads NumPy, so only workers import it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sleuth.health import detector
from sleuth.health.detector import Assessment, Settings
from sleuth.health.groups import Place

BASELINE = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a series that a verdict rests on, in epoch seconds.

    Args:
        first: Start of the first bucket that is read.
        bucket: Start of the bucket that the deploy lies in.
        begin: Start of the first bucket after the deploy.
        end: Where the last look ends, or the window before it.
    """

    first: int
    bucket: int
    begin: int
    end: int


def span_of(place: Place, step: int, settings: Settings) -> Span:
    """Return the span of a place.

    Args:
        step: Width of a bucket in seconds.
    """
    moment = int(place.began_at.timestamp())
    begin = detector.next_bucket(moment, step)
    end = begin + detector.looks_for(step, settings)[-1] * 60
    if place.ended_at is not None:
        end = min(end, int(place.ended_at.timestamp()) // step * step)
    bucket = moment // step * step
    first = bucket - int(BASELINE.total_seconds()) // step * step
    return Span(first, bucket, begin, max(begin, end))


def minutes_of_next_look(made: Assessment, step: int, settings: Settings) -> int | None:
    """Return at how many minutes of data the next look is; None after the last.

    Args:
        step: Width of a bucket in seconds.
    """
    looks = detector.looks_for(step, settings)
    return next((look for look in looks if look > made.minutes_of_data), None)
