"""What happens again and again: a table, and the tick that turns due rows into jobs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module

from sleuth import queue
from sleuth.extensions import db

TICK_SECONDS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Periodic:
    """One row of the table.

    Args:
        name: For logs.
        every_seconds: How often to look; nothing is looked at more often than the tick.
        find: ``module:function`` that takes the time and returns the ids whose rows are
            due, cheaply; empty for a job that takes no id and is always due.
        job: Dotted name of the job that is enqueued for each id.
    """

    name: str
    every_seconds: int
    job: str
    find: str = ""


PERIODIC: tuple[Periodic, ...] = (
    Periodic(
        "validate tokens",
        TICK_SECONDS,
        "sleuth.integrations.jobs.check_connection",
        "sleuth.integrations.service:due_check_ids",
    ),
    Periodic(
        "prove impact sources",
        TICK_SECONDS,
        "sleuth.impact.jobs.check_impact_source",
        "sleuth.impact.checking:due_check_ids",
    ),
    Periodic(
        "check stored tokens on request",
        TICK_SECONDS,
        "sleuth.integrations.jobs.recheck",
        "sleuth.integrations.rechecking:due_check_ids",
    ),
    Periodic(
        "replace tokens",
        TICK_SECONDS,
        "sleuth.impact.jobs.replace_token",
        "sleuth.impact.replacing:due_check_ids",
    ),
    Periodic(
        "restore what was disabled",
        TICK_SECONDS,
        "sleuth.impact.jobs.restore",
        "sleuth.impact.restoring:due_check_ids",
    ),
    Periodic(
        "prove tokens that collect nothing",
        60,
        "sleuth.integrations.jobs.prove_token",
        "sleuth.integrations.rechecking:unproven_ids",
    ),
    Periodic(
        "list the trackers' projects",
        TICK_SECONDS,
        "sleuth.integrations.jobs.refresh_projects",
        "sleuth.integrations.project_list:due_project_list_ids",
    ),
    Periodic(
        "list what dialogs offer",
        TICK_SECONDS,
        "sleuth.integrations.jobs.list_choices",
        "sleuth.integrations.choice_lists:due_list_ids",
    ),
    Periodic(
        "list the trackers' projects once a day",
        3600,
        "sleuth.integrations.jobs.list_again",
        "sleuth.integrations.project_list:stale_list_ids",
    ),
    Periodic(
        "follow projects that were renamed",
        60,
        "sleuth.impact.jobs.follow_renames",
        "sleuth.impact.renames:renamed_ids",
    ),
    Periodic(
        "collect counts",
        TICK_SECONDS,
        "sleuth.impact.jobs.collect_round",
        "sleuth.impact.collecting:due_rounds",
    ),
    Periodic(
        "notice a clock that was set back",
        60,
        "sleuth.impact.jobs.schedule_anew",
        "sleuth.impact.leases:ids_scheduled_ahead",
    ),
    Periodic(
        "tell when an integration feels otherwise",
        15,
        "sleuth.impact.jobs.announce",
        "sleuth.impact.watching:changed_ids",
    ),
    Periodic(
        "point out what has fallen silent",
        60,
        "sleuth.impact.jobs.listen",
        "sleuth.impact.listening:due_parts",
    ),
    Periodic(
        "notice what needs attention",
        15,
        "sleuth.notifications.jobs.follow",
        "sleuth.notifications.noticing:due_integration_ids",
    ),
    Periodic(
        "send messages",
        TICK_SECONDS,
        "sleuth.notifications.jobs.deliver",
        "sleuth.notifications.deliveries:due_ids",
    ),
    Periodic(
        "judge again where counts came late",
        TICK_SECONDS,
        "sleuth.health.jobs.follow_changes",
        "sleuth.health.due:due_changes",
    ),
    Periodic(
        "judge again where deploys came or went",
        TICK_SECONDS,
        "sleuth.health.jobs.follow_timelines",
        "sleuth.health.due:due_timelines",
    ),
    Periodic(
        "judge deploys",
        TICK_SECONDS,
        "sleuth.health.jobs.assess_deploy",
        "sleuth.health.due:due_deploy_ids",
    ),
    Periodic(
        "judge the past as if it were live",
        TICK_SECONDS,
        "sleuth.health.jobs.replay",
        "sleuth.health.replaying.due:due_ids",
    ),
    Periodic(
        "judge the past by impact sources that were added",
        15,
        "sleuth.health.jobs.begin_for_added",
        "sleuth.health.replaying.due:added_source_ids",
    ),
    Periodic(
        "let pictures of counts grow",
        15,
        "sleuth.health.jobs.renew_pictures",
        "sleuth.health.due:due_picture_ids",
    ),
    Periodic(
        "ask what is new since deploys",
        TICK_SECONDS,
        "sleuth.health.jobs.ask_new_errors",
        "sleuth.health.new_errors.due:due_verdict_ids",
    ),
    Periodic(
        "ask how much is usually new",
        15,
        "sleuth.health.jobs.ask_usual_new_errors",
        "sleuth.health.new_errors.due:due_source_ids",
    ),
    Periodic(
        "look how environments are",
        TICK_SECONDS,
        "sleuth.health.jobs.refresh_strips",
        "sleuth.health.strips:due",
    ),
    Periodic(
        "try placebo deploys",
        60,
        "sleuth.health.jobs.sample_placebos",
        "sleuth.health.placebo.turns:due",
    ),
    Periodic(
        "keep the demo going",
        20,
        "sleuth.demo.jobs.keep_up",
        "sleuth.demo.keeping:due_organization_ids",
    ),
    Periodic(
        "keep the demo in the situations that are wanted",
        TICK_SECONDS,
        "sleuth.demo.jobs.arrange",
        "sleuth.demo.wishes:due_organization_ids",
    ),
    Periodic(
        "turn old minutes into hours",
        3600,
        "sleuth.impact.jobs.prune_source",
        "sleuth.impact.retention:due_source_ids",
    ),
    Periodic(
        "delete for good what was disabled",
        60,
        "sleuth.health.jobs.purge_integration",
        "sleuth.health.purging:due_integration_ids",
    ),
    Periodic("erase expired attempts", 300, "sleuth.integrations.jobs.erase_expired_checks"),
    Periodic("erase expired previews", 300, "sleuth.health.jobs.erase_expired_replays"),
    Periodic("forget old messages", 3600, "sleuth.notifications.jobs.forget_old"),
    Periodic("forget old events", 3600, "sleuth.accounts.jobs.forget_old_events"),
)


@dataclass(slots=True)
class Tick:
    """Enqueues what is due. Two ticks at once are harmless: a job waits only once."""

    table: Sequence[Periodic] = PERIODIC
    _next_at: dict[str, datetime] = field(default_factory=dict)
    _broken: set[str] = field(default_factory=set)

    def run(self, now: datetime) -> int:
        """Look at every row of the table whose time has come; needs an app context.

        Returns:
            How many jobs are on the queue because of it.
        """
        return sum(self._enqueue_due(row, now) for row in self.table if self._is_time(row, now))

    def _is_time(self, row: Periodic, now: datetime) -> bool:
        """Tell whether to look again; a clock that was set back must not hinder it."""
        pause = timedelta(seconds=row.every_seconds)
        return not now < self._next_at.get(row.name, now) <= now + pause

    def _enqueue_due(self, row: Periodic, now: datetime) -> int:
        self._next_at[row.name] = now + timedelta(seconds=row.every_seconds)
        queued = 0
        for args in self._find(row, now):
            if not queue.enqueue(row.job, *args):
                del self._next_at[row.name]
                break
            queued += 1
        return queued

    def _find(self, row: Periodic, now: datetime) -> list[tuple[int, ...]]:
        """Return the arguments of each job; a row that cannot be read holds up no other."""
        if not row.find:
            return [()]
        module, _, function = row.find.partition(":")
        try:
            ids: list[int] = getattr(import_module(module), function)(now)
        except Exception:
            self._report(row)
            return []
        finally:
            db.session.remove()
        self._broken.discard(row.name)
        return [(id_,) for id_ in ids]

    def _report(self, row: Periodic) -> None:
        """Log a traceback when a row begins to fail, and a line while it goes on."""
        log.error(
            "The tick cannot tell what is due for %s.",
            row.name,
            exc_info=row.name not in self._broken,
        )
        self._broken.add(row.name)
