"""Collecting counts: one integration at a time, the present first, then the past."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from sleuth import clock, queue
from sleuth.accounts import audit
from sleuth.extensions import db, rows_changed, write
from sleuth.impact import schedule, series
from sleuth.impact.models import ImpactSource
from sleuth.impact.schedule import Window
from sleuth.impact.service import collect_on, due_integration_ids
from sleuth.integrations.models import Integration
from sleuth.integrations.service import registry
from sleuth.plugin_api import CountSeries, ImpactConfig, TrackerError
from sleuth.trackers import Tracker

LEASE = timedelta(seconds=queue.JOB_TIMEOUT_SECONDS)
SECONDS_OF_WORK = 20.0
CONCERNS_ONE_SOURCE = ("forbidden", "not_found", "bad_answer")
SHORTEST_PAUSE = timedelta(seconds=30)


def collect_integration(integration_id: int) -> None:
    """Collect what is due for one integration, for at most 20 s of work, then go on later."""
    lease = clock.now() + LEASE
    integration = _claim(integration_id, lease)
    if integration is None:
        return
    tracker = registry().get(integration.provider)
    credentials = dict(integration.credentials)
    db.session.rollback()
    try:
        if tracker is None:
            _note_missing_plugin(integration_id)
        else:
            _work(integration_id, tracker, credentials)
    finally:
        _release(integration_id, lease)
    if integration_id in due_integration_ids(clock.now()):
        collect_on(integration_id)


def _work(integration_id: int, tracker: Tracker, credentials: dict[str, str]) -> None:
    stop_at = time.monotonic() + SECONDS_OF_WORK
    while time.monotonic() < stop_at:
        source = _next_due(integration_id)
        if source is None:
            return
        source_id = source.id
        try:
            _collect_source(source, tracker, credentials)
        except TrackerError as error:
            if _note_failure(source_id, error):
                return


def _collect_source(source: ImpactSource, tracker: Tracker, credentials: dict[str, str]) -> None:
    now = clock.now()
    source_id, config = source.id, source.config
    step, known_until = source.interval_seconds, source.complete_until
    is_newest_due = known_until is None or (
        schedule.next_due_at(known_until, source_id, step) <= now
    )
    if is_newest_due or source.backfill_until is None:
        window = schedule.newest_window(known_until, now, step)
        answer = _ask(tracker, credentials, config, window, now)
        with write():
            if (current := _unchanged(source_id, config)) is not None:
                _store_newest(current, window, answer, now)
        return
    begin = source.backfill_from or source.backfill_until
    window = schedule.backfill_window(begin, source.backfill_until, step)
    answer = _ask(tracker, credentials, config, window, now)
    with write():
        if (current := _unchanged(source_id, config)) is not None:
            _store_backfill(current, window, answer, now)


def _ask(
    tracker: Tracker,
    credentials: dict[str, str],
    config: ImpactConfig,
    window: Window,
    now: datetime,
) -> CountSeries:
    db.session.rollback()
    return tracker.collect_counts(credentials, config, window.since, window.until, now)


def _unchanged(source_id: int, config: ImpactConfig) -> ImpactSource | None:
    """Return the source unless it went, or measures something else, since the question.

    Whoever changes it waits until the answer is stored, and then forgets that, too.
    """
    source = db.session.get(ImpactSource, source_id, with_for_update=True)
    return source if source is not None and source.config == config else None


def _store_newest(source: ImpactSource, window: Window, answer: CountSeries, now: datetime) -> None:
    until = min(answer.complete_until, window.until)
    known_until = source.complete_until
    _store(source, window.since, until, answer)
    if known_until is not None and known_until < window.since:
        _backfill_also(source, known_until - schedule.RE_READ, window.since)
    if known_until is None or until > known_until:
        source.complete_until = until
    _note_success(source, now)


def _store_backfill(
    source: ImpactSource, window: Window, answer: CountSeries, now: datetime
) -> None:
    _store(source, window.since, min(answer.complete_until, window.until), answer)
    is_at_retention = answer.complete_since is not None and answer.complete_since > window.since
    is_done = source.backfill_from is None or window.since <= source.backfill_from
    source.backfill_until = window.since
    if is_at_retention or is_done:
        source.backfill_from = source.backfill_until = None
        audit.publish(source.organization_id, "impactSourceChanged", source.provider)
    _note_success(source, now)


def _store(source: ImpactSource, since: datetime, until: datetime, answer: CountSeries) -> None:
    since = max(since, answer.complete_since or since)
    if since >= until:
        return
    start, end = int(since.timestamp()), int(until.timestamp())
    points = [(int(moment.timestamp()), count) for moment, count in answer.points]
    inside = [(moment, count) for moment, count in points if start <= moment < end]
    series.replace_counts(source.id, start, end, inside)


def _backfill_also(source: ImpactSource, since: datetime, until: datetime) -> None:
    source.backfill_from = min(source.backfill_from or since, since)
    source.backfill_until = max(source.backfill_until or until, until)


def _note_success(source: ImpactSource, now: datetime) -> None:
    recovered = source.collected_at is None or bool(source.last_error)
    source.collected_at = now
    source.last_error, source.last_error_at, source.failure_count = "", None, 0
    source.due_at = _due_after_success(source, now)
    integration = source.integration
    recovered = recovered or bool(integration.last_error)
    integration.last_error, integration.last_error_at = "", None
    integration.failure_count, integration.retry_at = 0, None
    if recovered:
        audit.publish(source.organization_id, "impactSourceChanged", source.provider)


def _due_after_success(source: ImpactSource, now: datetime) -> datetime:
    if source.backfill_until is not None or source.complete_until is None:
        return now
    due_at = schedule.next_due_at(source.complete_until, source.id, source.interval_seconds)
    return max(due_at, now + SHORTEST_PAUSE)


def _note_failure(source_id: int, error: TrackerError) -> bool:
    """Keep the error on its rows; returns whether it concerns the whole integration."""
    is_general = error.reason not in CONCERNS_ONE_SOURCE
    now = clock.now()
    with write():
        source = db.session.get(ImpactSource, source_id)
        if source is None:
            return False
        is_news = source.last_error != error.message
        source.last_error, source.last_error_at = error.message, now
        source.failure_count += 1
        source.due_at = now + _delay(source.failure_count, error)
        if is_general:
            _note_general_failure(source.integration, error, now)
        if is_news:
            audit.publish(source.organization_id, "impactSourceChanged", source.provider)
    return is_general


def _note_general_failure(integration: Integration, error: TrackerError, now: datetime) -> None:
    integration.last_error, integration.last_error_at = error.message, now
    integration.failure_count += 1
    integration.retry_at = now + _delay(integration.failure_count, error)


def _delay(failure_count: int, error: TrackerError) -> timedelta:
    return schedule.retry_delay(failure_count, error.retry_after, is_permanent=error.permanent)


def _note_missing_plugin(integration_id: int) -> None:
    message = "The plugin of this tracker is not installed any more."
    with write():
        integration = db.session.get(Integration, integration_id)
        if integration is not None:
            _note_general_failure(integration, TrackerError(message, permanent=True), clock.now())


def _next_due(integration_id: int) -> ImpactSource | None:
    return db.session.scalar(
        select(ImpactSource)
        .where(ImpactSource.integration_id == integration_id, ImpactSource.due_at <= clock.now())
        .order_by(ImpactSource.backfill_until.is_not(None), ImpactSource.due_at, ImpactSource.id)
        .limit(1)
    )


def _claim(integration_id: int, lease: datetime) -> Integration | None:
    free = or_(Integration.claimed_until.is_(None), Integration.claimed_until <= clock.now())
    with write():
        taken = rows_changed(
            update(Integration)
            .where(Integration.id == integration_id, free)
            .values(claimed_until=lease)
        )
    return db.session.get(Integration, integration_id) if taken else None


def _release(integration_id: int, lease: datetime) -> None:
    """Give the lease back, unless it ran out and somebody else has taken it since."""
    with write():
        db.session.execute(
            update(Integration)
            .where(Integration.id == integration_id, Integration.claimed_until == lease)
            .values(claimed_until=None)
        )
