"""Keeping what trackers answered: counts, coverage and state in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import random

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from sleuth import clock
from sleuth.accounts import audit
from sleuth.extensions import db, write
from sleuth.impact import leases, schedule, series, sweeps
from sleuth.impact.models import ImpactSource, Sweep, SweepKind
from sleuth.impact.proof import FilterIgnoredError, Proof
from sleuth.impact.schedule import Window
from sleuth.impact.series import Replacement
from sleuth.impact.sweeps import Run
from sleuth.impact.tasks import Task
from sleuth.impact.turn import Outcome, concerns_all, is_quota_low
from sleuth.integrations import trouble
from sleuth.integrations.models import Integration
from sleuth.plugin_api import CountSeries, TrackerError

MOST_BUCKETS = 5000
"""Of one piece, and points of one transaction."""
MOST_QUOTA = 2**31 - 1
"""What fits into its column."""
NOT_STORED = "Sleuth could not store these counts; the log of the server says why."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an answer that is stored at once; ``[since, until)`` is what was asked.

    Args:
        counts: None if the answer holds none.
        run: What was left of the sweep before this piece.
    """

    outcome: Outcome
    since: int = 0
    until: int = 0
    counts: Replacement | None = None
    run: Run | None = None

    @property
    def source_id(self) -> int:
        return self.outcome.task.source_id


def store(outcomes: Sequence[Outcome], token: str) -> None:
    """Store what was heard under a lease; of integrations whose lease is lost, nothing.

    Raises:
        OperationalError: the database cannot be written; what was not stored stays due.
    """
    for batch in _batches(piece for outcome in outcomes for piece in _pieces(outcome)):
        try:
            _store(batch, token)
        except OperationalError:
            raise
        except Exception:
            log.exception("Counts could not be stored together; each is stored on its own.")
            _store_one_by_one(batch, token)


def store_first(
    source: ImpactSource, window: Window, counts: CountSeries, proof: Proof, asked_at: datetime
) -> None:
    """Store inside ``with write():`` what a source was proven by, which nobody collects yet."""
    about, step = (source.integration_id, source.id, source.config), source.interval_seconds
    outcomes = (
        Outcome(Task(*about, window, step), asked_at, counts),
        Outcome(Task(*about, None, step, SweepKind.FILTERS), asked_at, proof),
    )
    db.session.flush()
    integration = db.session.get_one(Integration, source.integration_id)
    batch = _Batch(
        clock.now(),
        {integration.id: integration},
        {source.id: source},
        sweeps.sweeps_of([source.id]),
    )
    for outcome in outcomes:
        batch.store(list(_pieces(outcome)))


def _store(batch: Sequence[Piece], token: str) -> None:
    with write():
        _Batch.load(batch, token).store(batch)


def _store_one_by_one(batch: Sequence[Piece], token: str) -> None:
    """Let no source suffer from another one's answer."""
    for piece in batch:
        try:
            _store([piece], token)
        except OperationalError:
            raise
        except Exception:
            log.exception("The counts of impact source %d cannot be stored.", piece.source_id)
            error = TrackerError(NOT_STORED, reason="bad_answer")
            _store([Piece(replace(piece.outcome, answer=error), run=piece.run)], token)


def _pieces(outcome: Outcome) -> Iterator[Piece]:
    """Cut an answer into pieces of a size that a transaction may have, the newest first."""
    answer, window, run = outcome.answer, outcome.task.window, outcome.task.run
    if not isinstance(answer, CountSeries) or window is None:
        yield Piece(outcome, run=run)
        return
    since, until = int(window.since.timestamp()), int(window.until.timestamp())
    points = [(int(at.timestamp()), count) for at, count in answer.points]
    most = MOST_BUCKETS * answer.interval_seconds
    while since < until:
        begin = max(since, until - most)
        yield Piece(outcome, begin, until, _replacement(outcome, answer, begin, until, points), run)
        run = run and Run(run.since, begin, run.started_from, run.started_at)
        until = begin


def _replacement(
    outcome: Outcome,
    answer: CountSeries,
    since: int,
    until: int,
    points: Sequence[series.Point],
) -> Replacement | None:
    until = min(until, int(answer.complete_until.timestamp()))
    if answer.complete_since is not None:
        since = max(since, int(answer.complete_since.timestamp()))
    if since >= until:
        return None
    inside = [(at, count) for at, count in points if since <= at < until]
    return Replacement(outcome.task.source_id, since, until, inside)


def _batches(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    """Group pieces up to the size of a transaction, each source once at most."""
    batch: dict[int, Piece] = {}
    size = 0
    for piece in pieces:
        more = len(piece.counts.points) if piece.counts else 0
        if batch and (piece.source_id in batch or size + more > MOST_BUCKETS):
            yield list(batch.values())
            batch, size = {}, 0
        batch[piece.source_id] = piece
        size += more
    if batch:
        yield list(batch.values())


@dataclass(slots=True)
class _Batch:
    """The rows that a transaction is about."""

    now: datetime
    integrations: dict[int, Integration]
    sources: dict[int, ImpactSource]
    sweeps: dict[int, dict[SweepKind, Sweep]] = field(default_factory=dict)

    @classmethod
    def load(cls, pieces: Sequence[Piece], token: str) -> _Batch:
        """Read and lock rows; sources that went, or measure something else, are left out.

        Whoever changes a source waits until the answer is stored, and then forgets that, too.
        """
        held = leases.held({each.outcome.task.integration_id for each in pieces}, token)
        asked = {each.source_id: each.outcome.task for each in pieces}
        rows = db.session.scalars(
            select(ImpactSource)
            .where(ImpactSource.id.in_(asked), ImpactSource.integration_id.in_(held))
            .order_by(ImpactSource.id)
            .with_for_update(key_share=True)
        )
        sources = {row.id: row for row in rows if _is_wanted(asked[row.id], row)}
        swept = [each.source_id for each in pieces if each.outcome.task.kind is not None]
        return cls(clock.now(), held, sources, sweeps.sweeps_of(swept) if swept else {})

    def store(self, pieces: Sequence[Piece]) -> None:
        usable = [each for each in pieces if each.source_id in self.sources]
        changed = series.replace_counts([each.counts for each in usable if each.counts])
        for source_id, (since, until) in changed.items():
            _note_change(self.sources[source_id], since, until, self.now)
        for piece in usable:
            self._note(piece, self.sources[piece.source_id])

    def _note(self, piece: Piece, source: ImpactSource) -> None:
        answer, kind = piece.outcome.answer, piece.outcome.task.kind
        if isinstance(answer, FilterIgnoredError):
            self._distrust(source, answer)
        elif isinstance(answer, TrackerError):
            self._note_failure(source, kind, answer)
        elif isinstance(answer, CountSeries) and kind is None:
            self._note_newest(piece, source, answer)
        elif isinstance(answer, CountSeries) and kind is not None:
            self._note_page(piece, source, answer, kind)
        else:
            self._note_proof(piece, source)
        if isinstance(answer, CountSeries):
            self._note_quota(self.integrations[source.integration_id], answer)

    def _note_newest(self, piece: Piece, source: ImpactSource, answer: CountSeries) -> None:
        asked_at = piece.outcome.asked_at
        known_until = source.complete_until
        window_since = schedule.from_epoch(piece.since)
        until = min(answer.complete_until, schedule.from_epoch(piece.until))
        read_since = max(window_since, answer.complete_since or window_since)
        if known_until is not None and known_until < read_since:
            sweeps.fill_in(source, known_until - schedule.RE_READ, read_since, self.now)
        if known_until is None or until > known_until:
            source.complete_until = until
        elif known_until > asked_at:
            self._take_back_the_future(source, until)
        is_recovery = source.collected_at is None or bool(source.last_error)
        source.collected_at = asked_at
        source.last_error, source.last_error_at, source.failure_count = "", None, 0
        self._schedule(source, _due_after(source, self.now))
        if source.complete_until is not None:
            step = source.interval_seconds
            source.expected_at = schedule.next_due_at(source.complete_until, source.id, step)
        was_troubled = trouble.note_success(self.integrations[source.integration_id], self.now)
        if is_recovery or was_troubled:
            _publish(source)

    def _take_back_the_future(self, source: ImpactSource, until: datetime) -> None:
        """Forget minutes that were stored while the clock was ahead."""
        series.uncover(source.id, int(until.timestamp()))
        source.complete_until = until

    def _note_page(
        self, piece: Piece, source: ImpactSource, answer: CountSeries, kind: SweepKind
    ) -> None:
        if piece.run is None:
            return
        if answer.complete_until.timestamp() < piece.until:
            self._ask_for_page_again(source, kind, answer)
            return
        kept_since = answer.complete_since
        is_at_retention = kept_since is not None and kept_since.timestamp() > piece.since
        is_done = sweeps.advance(
            self.sweeps[source.id],
            kind,
            piece.run,
            piece.since,
            source,
            self.now,
            is_at_retention=is_at_retention,
        )
        if is_done and kind == SweepKind.ALL:
            source.history_days = _days_kept(piece.run, kept_since if is_at_retention else None)
            sweeps.prove_soon(self.sweeps[source.id], self.now)
        if is_done and kind in {SweepKind.ALL, SweepKind.GAP}:
            _publish(source)

    def _ask_for_page_again(
        self, source: ImpactSource, kind: SweepKind, answer: CountSeries
    ) -> None:
        """Confirm nothing of a page that the tracker vouches for in part only."""
        if (sweep := self.sweeps[source.id].get(kind)) is not None:
            at = f"{answer.complete_until:%Y-%m-%d %H:%M} UTC"
            self._retry_later(sweep, TrackerError(f"The tracker calls {at} incomplete now."))

    def _note_proof(self, piece: Piece, source: ImpactSource) -> None:
        sweep, asked_at = self.sweeps[source.id][SweepKind.FILTERS], piece.outcome.asked_at
        is_conclusive = (
            isinstance(piece.outcome.answer, Proof) and piece.outcome.answer.is_conclusive
        )
        sweeps.note_proof(sweep, source, asked_at, self.now, is_conclusive=is_conclusive)
        if source.due_at is None:
            self._schedule(source, self.now)

    def _distrust(self, source: ImpactSource, error: FilterIgnoredError) -> None:
        """Stop collecting, and forget all that may have been read while a filter was ignored.

        Since the filters were last seen to work any part of the past may have been read
        again, so all of it has to be.
        """
        kinds = self.sweeps[source.id]
        if source.due_at is not None:
            step = source.interval_seconds
            proven_at = kinds[SweepKind.FILTERS].confirmed_at or source.created_at
            begin = schedule.sweep_since(SweepKind.ALL, schedule.HISTORY_DAYS, proven_at, step)
            series.uncover(source.id, begin)
            _note_change(source, begin, int(self.now.timestamp()), self.now)
            source.complete_until = source.collected_at = None
            sweeps.forget_confirmations(kinds, self.now)
            source.expected_at = self.now
        source.due_at = None
        _note_error(source, error, self.now)
        self._retry_later(kinds[SweepKind.FILTERS], error)

    def _note_failure(
        self, source: ImpactSource, kind: SweepKind | None, error: TrackerError
    ) -> None:
        if kind is None:
            _note_error(source, error, self.now)
            is_of_token = error.reason in trouble.OF_THE_TOKEN
            delay = timedelta() if is_of_token else _delay(source.failure_count, error)
            self._schedule(source, self.now + delay)
        elif (sweep := self.sweeps[source.id].get(kind)) is not None:
            self._retry_later(sweep, error)
        if concerns_all(kind, error):
            note_general_failure(self.integrations[source.integration_id], error, self.now)

    def _retry_later(self, sweep: Sweep, error: TrackerError) -> None:
        """Wait longer each time, also where the tracker asks for little: it may never manage."""
        failures = sweep.failure_count + 1
        impatient = TrackerError(error.message, permanent=error.permanent)
        due_at = self.now + max(_delay(failures, error), _delay(failures, impatient))
        sweeps.note_failure(sweep, error.message, due_at, self.now)

    def _note_quota(self, integration: Integration, answer: CountSeries) -> None:
        if answer.quota_left is not None:
            integration.quota_left = min(answer.quota_left, MOST_QUOTA)
        if is_quota_low(answer) and answer.quota_resets_at is not None:
            reset_at = min(answer.quota_resets_at, self.now + schedule.LONGEST_WAIT)
            integration.retry_at = integration.told_to_wait_until = reset_at

    def _schedule(self, source: ImpactSource, due_at: datetime) -> None:
        source.due_at, source.scheduled_at = due_at, self.now


def _is_wanted(task: Task, source: ImpactSource) -> bool:
    """Tell whether a source still measures what was asked, and is not distrusted meanwhile."""
    is_trusted = source.due_at is not None or task.kind == SweepKind.FILTERS
    is_the_same = source.config == task.config and source.interval_seconds == task.step_seconds
    return is_trusted and is_the_same


def _days_kept(run: Run, kept_since: datetime | None) -> int:
    """Return how far back to collect, in days, after all of the past was read."""
    asked_days = round((run.started_at - schedule.from_epoch(run.since)) / schedule.DAY)
    if kept_since is None:
        return schedule.history_days(asked_days)
    return schedule.history_days(asked_days, (run.started_at - kept_since) // schedule.DAY)


def note_general_failure(integration: Integration, error: TrackerError, now: datetime) -> None:
    """Note inside ``with write():`` what keeps a whole integration from being collected."""
    trouble.note_failure(integration, error, now, _delay(integration.failure_count + 1, error))


def _note_error(source: ImpactSource, error: TrackerError, now: datetime) -> None:
    is_news = source.last_error != error.message
    source.last_error, source.last_error_at = error.message, now
    source.failure_count += 1
    if is_news:
        _publish(source)


def _note_change(source: ImpactSource, since: int, until: int, now: datetime) -> None:
    if source.changed_since is None or source.changed_until is None:
        source.changed_since, source.changed_until, source.changed_at = since, until, now
        return
    source.changed_since = min(source.changed_since, since)
    source.changed_until = max(source.changed_until, until)


def _due_after(source: ImpactSource, now: datetime) -> datetime:
    if source.complete_until is None:
        return now + schedule.SHORTEST_PAUSE
    due_at = schedule.next_due_at(source.complete_until, source.id, source.interval_seconds)
    return max(due_at, now + schedule.SHORTEST_PAUSE)


def _delay(failure_count: int, error: TrackerError) -> timedelta:
    return schedule.retry_delay(
        failure_count,
        error.retry_after,
        is_permanent=error.permanent,
        jitter=random(),  # noqa: S311
    )


def _publish(source: ImpactSource) -> None:
    audit.publish(source.organization_id, "impactSourceChanged", source.provider)
