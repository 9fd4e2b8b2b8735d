"""Collecting counts: one round serves many integrations, each in a thread of its own.

The main thread owns the database: it claims integrations, reads what is due, and stores
in few transactions what the threads hear. A slow tracker holds up its own thread only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event, Thread
from uuid import uuid4

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from sleuth import clock, queue
from sleuth.crypto import EncryptionKeyError
from sleuth.extensions import db, storage_trouble, write
from sleuth.http import expendable
from sleuth.impact import leases, service, storing
from sleuth.impact.tasks import Task, tasks_of
from sleuth.impact.turn import Outcome, take_turn
from sleuth.integrations.models import Integration
from sleuth.integrations.service import registry
from sleuth.integrations.trouble import UNREADABLE
from sleuth.plugin_api import TrackerError
from sleuth.trackers import Tracker, hang_of

MOST_AT_A_TIME = 64
MOST_ROUNDS = 16
ROUND_SECONDS = 45.0
PATIENCE_SECONDS = 5.0
STOPPING_SECONDS = 1.0
ANSWER_SECONDS = 25.0
RENEW_SECONDS = 10.0
BATCH_SECONDS = 0.4
"""Each transaction costs as much as some ten counts, so few are made."""

NO_ANSWER = "The tracker takes very long to answer."

log = logging.getLogger(__name__)


def due_rounds(now: datetime) -> list[int]:
    """Return a number for each round that is needed, and not waiting for a worker already.

    The numbers never come again: a round that was killed keeps its job's name for a while,
    and must not keep the next one from starting.
    """
    needed = -(-len(leases.due_integration_ids(now)) // MOST_AT_A_TIME)
    missing = min(needed, MOST_ROUNDS) - queue.waiting(queue.COLLECT_QUEUE) if needed else 0
    first = time.time_ns()
    return list(range(first, first + missing))


def collect_round() -> None:
    """Collect what is due, for some 45 s at most, and see to it that the rest follows."""
    try:
        Round().run()
    except OperationalError as error:
        if not (trouble := storage_trouble(error)):
            raise
        log.error("%s The counts will be asked for again.", trouble)  # noqa: TRY400 - no bug
        return
    if not queue.is_stopping() and due_rounds(clock.now()):
        service.collect_soon()


def collect_integrations(integration_ids: Collection[int]) -> None:
    """Collect what is due for these integrations and for no others."""
    Round(only=integration_ids).run()


@dataclass(slots=True)
class _Turn:
    """What is awaited from one thread: the task after those heard of, since a moment."""

    tasks: Sequence[Task] = ()
    heard: int = 0
    since: float = field(default_factory=time.monotonic)
    asked: tuple[Tracker | None, Thread | None] = (None, None)

    def note(self, task: Task) -> None:
        """Note that a task was heard of, so that the next is awaited."""
        self.heard = self.tasks.index(task, self.heard) + 1
        self.since = time.monotonic()

    @property
    def overdue(self) -> Task | None:
        """The task that has been awaited for longer than an answer may take."""
        is_late = time.monotonic() - self.since >= ANSWER_SECONDS
        return self.tasks[self.heard] if is_late and self.heard < len(self.tasks) else None


class Round:
    """Claims integrations as they fall due, until there are none or the time is over.

    Args:
        only: Integrations to look at; all if None.
    """

    def __init__(self, only: Collection[int] | None = None) -> None:
        self.token = uuid4().hex
        self._only = only
        self._app = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
        self._heard: SimpleQueue[Outcome | int] = SimpleQueue()
        self._turns: dict[int, _Turn] = {}
        self._is_over = Event()
        self._ends_at = time.monotonic() + ROUND_SECONDS
        self._renew_at = time.monotonic() + RENEW_SECONDS

    def run(self) -> None:
        """Work until nothing is due; what is still awaited at the end is given up.

        Raises:
            OperationalError: the database cannot be written; what was heard stays due.
        """
        try:
            while self._goes_on():
                self._keep(self._listen())
                self._renew()
            self._give_up_what_is_awaited()
        finally:
            self._is_over.set()
            leases.release(self._turns.keys(), self.token)

    def _goes_on(self) -> bool:
        if queue.is_stopping():
            self._ends_at = min(self._ends_at, time.monotonic())
        if time.monotonic() < self._ends_at:
            self._take_up()
            return bool(self._turns)
        self._is_over.set()
        patience = STOPPING_SECONDS if queue.is_stopping() else PATIENCE_SECONDS
        return bool(self._turns) and time.monotonic() < self._ends_at + patience

    def _take_up(self) -> None:
        """Begin a turn for each integration that is due, as long as there is room."""
        now = clock.now()
        due = [each for each in leases.due_integration_ids(now) if self._may_take(each)]
        claimed = leases.claim(due[: MOST_AT_A_TIME - len(self._turns)], self.token, now)
        self._turns |= {integration.id: _Turn() for integration in claimed}
        for integration_id, provider in [(each.id, each.provider) for each in claimed]:
            try:
                self._begin_turn(integration_id, provider, now)
            except OperationalError:
                raise
            except Exception:  # one integration must not end the turns of others
                log.exception("Collecting for integration %d cannot begin.", integration_id)
                self._heard.put(integration_id)

    def _may_take(self, integration_id: int) -> bool:
        is_wanted = self._only is None or integration_id in self._only
        return is_wanted and integration_id not in self._turns

    def _begin_turn(self, integration_id: int, provider: str, now: datetime) -> None:
        tracker = registry().trackers[provider]  # others are not due
        credentials = self._credentials(integration_id)
        if credentials is None:
            self._note_unable(integration_id, UNREADABLE)
            return
        tasks = tasks_of(integration_id, now, tracker.info.capabilities.look_back_days)
        arguments = (integration_id, tracker, credentials, tasks)
        thread = Thread(target=self._take_turn, args=arguments, daemon=True)
        turn = self._turns[integration_id]
        turn.tasks, turn.asked = tasks, (tracker, thread)
        thread.start()

    def _credentials(self, integration_id: int) -> dict[str, str] | None:
        """Return what to sign in with; None if it cannot be read, or was disabled just now."""
        try:
            found = db.session.scalar(
                select(Integration.credentials).where(Integration.id == integration_id)
            )
        except EncryptionKeyError:
            log.exception("The credentials of integration %d cannot be read.", integration_id)
            return None
        return None if found is None else dict(found)

    def _note_unable(self, integration_id: int, message: str) -> None:
        error = TrackerError(message, permanent=True)
        with write():
            integration = db.session.get(Integration, integration_id)
            if integration is not None:
                storing.note_general_failure(integration, error, clock.now())
        self._heard.put(integration_id)

    def _take_turn(
        self,
        integration_id: int,
        tracker: Tracker,
        credentials: dict[str, str],
        tasks: Sequence[Task],
    ) -> None:
        """Run in a thread: hand over each outcome, and at last that the turn has ended."""
        try:
            with self._app.app_context(), expendable():
                for outcome in take_turn(tracker, credentials, tasks, self._is_over.is_set):
                    self._heard.put(outcome)
        finally:
            self._heard.put(integration_id)

    def _listen(self) -> list[Outcome | int]:
        """Return what the threads hand over in a moment, or until the last of them ends."""
        heard: list[Outcome | int] = []
        running, until = len(self._turns), time.monotonic() + BATCH_SECONDS
        while running and (left := until - time.monotonic()) > 0:
            try:
                heard.append(self._heard.get(timeout=left))
            except Empty:
                break
            running -= isinstance(heard[-1], int)
        return heard

    def _keep(self, heard: Sequence[Outcome | int]) -> None:
        outcomes = [each for each in heard if isinstance(each, Outcome)]
        storing.store(outcomes, self.token)
        for outcome in outcomes:
            self._turns[outcome.task.integration_id].note(outcome.task)
        ended = {each for each in heard if isinstance(each, int)}
        if ended:
            leases.release(ended, self.token)
            for integration_id in ended:
                del self._turns[integration_id]

    def _give_up_what_is_awaited(self) -> None:
        """Note as failed what has had time to be answered, lest it be asked for ever.

        What was asked a moment ago is asked again by the next round.
        """
        late = [
            Outcome(task, clock.now(), hang_of(*turn.asked) or TrackerError(NO_ANSWER))
            for turn in self._turns.values()
            if (task := turn.overdue) is not None
        ]
        storing.store(late, self.token)

    def _renew(self) -> None:
        if self._turns and time.monotonic() >= self._renew_at:
            leases.renew(self.token, clock.now())
            self._renew_at = time.monotonic() + RENEW_SECONDS
