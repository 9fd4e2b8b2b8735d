"""A storm: the whole product collects, while its processes are killed and its tracker errs.

Used by the tests, and by ``benchmarks/chaos.py`` for longer.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import OperationalError

from plugins.sentry.sandbox import TOKENS
from sleuth import clock
from sleuth.accounts.models import Organization
from sleuth.extensions import db, write
from sleuth.impact import series
from sleuth.impact.models import Coverage, ImpactSource, Sweep, SweepKind
from sleuth.impact.service import SourceSettings, add_impact_source
from sleuth.integrations.models import Integration
from sleuth.projects.models import Environment, Project
from tests.browser.product import Product
from tests.operations.processes import command_of, descendants, kill

ROLES = ("web", "pages", "crew", "worker", "collector", "horse", "tick", "queue")
WORDS = {
    "web": "sleuth.serve.web",
    "pages": "sleuth.serve.web pages",
    "crew": "sleuth.serve.crew",
    "worker": "sleuth.serve.worker worker",
    "collector": "sleuth.serve.worker collector",
    "tick": "sleuth.serve.tick",
    "queue": "valkey",
}
FAULTS = ("429", "500", "503", "html-502", "truncated", "hang-up", "400-transient", "interval")
SOURCES = (("web", "production"), ("web", "staging"), ("api", "production"), ("mobile", "beta"))
INTEGRATIONS = 3
WITHIN_SECONDS = 90.0
DAY = 86_400


class Storm:
    """One product, its sources and its tracker.

    Args:
        folder: Where the product keeps its data.
        seed: Decides who is killed when, and what the tracker does.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.product = Product(folder)
        self.chance = random.Random(seed)
        self.source_ids: dict[int, tuple[str, str]] = {}
        self.ending = ExitStack()

    def __enter__(self) -> Storm:
        with ExitStack() as stack:
            self.product.sentry.start()
            stack.callback(self.product.sentry.stop)
            stack.callback(self.product.end)
            self.product.open("--port", str(self.product.port))
            with self.product.inside():
                for number in range(INTEGRATIONS):
                    self._add_integration(number)
            self.ending = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.close()

    def _add_integration(self, number: int) -> None:
        now = clock.now()
        with write():
            organization = Organization(name=f"O{number}", slug=f"o{number}", created_at=now)
            db.session.add(organization)
            db.session.flush()
            project = Project(organization_id=organization.id, slug="p", name="P", created_at=now)
            integration = Integration(
                organization_id=organization.id,
                provider="sentry",
                credentials={"token": TOKENS["full"].value, "organization": str(number)},
                connected_at=now,
            )
            db.session.add_all([project, integration])
            db.session.flush()
            environment = Environment(
                project_id=project.id, slug="e", name="E", is_default=True, created_at=now
            )
            db.session.add(environment)
            db.session.flush()
            for slug, name in SOURCES:
                settings = self._settings(environment.id, slug, name)
                source = add_impact_source(integration, settings, interval_seconds=60, warning="")
                self.source_ids[source.id] = (slug, name)

    def _settings(self, environment_id: int, slug: str, name: str) -> SourceSettings:
        acme = self.product.sentry.world.organization("acme")
        assert acme is not None
        project = acme.project(slug)
        assert project is not None
        return SourceSettings(
            name=f"{slug} {name}",
            environment_id=environment_id,
            error_org_key=acme.id,
            error_project_key=project.id,
            error_project_label=project.name,
            error_environment=name,
            attributes={"region_url": self.product.sentry.urls["us"], "slug": slug},
            field_values={},
        )

    def pids(self, role: str) -> list[int]:
        """Return the processes that play a role now."""
        assert self.product.process is not None
        if role == "horse":
            return [*self._horses("worker"), *self._horses("collector")]
        top = self.product.process.pid
        found = [each for each in descendants(top) if WORDS[role] in command_of(each)]
        return [each for each in found if not _is_horse(each, found)]

    def kill(self, role: str) -> bool:
        """Kill one process that plays a role; tell whether there was one."""
        pids = self.pids(role)
        if pids:
            with suppress(ProcessLookupError):
                kill(self.chance.choice(pids))
        return bool(pids)

    def rage(self, kills: int) -> None:
        """Kill at random, 2 to 5 s apart, while the tracker errs and corrects the past."""
        for _ in range(kills):
            time.sleep(self.chance.uniform(2, 5))
            self._let_the_tracker_err()
            self._let_the_past_change()
            while not self.kill(self.chance.choice(ROLES)):
                time.sleep(0.05)

    def _let_the_tracker_err(self) -> None:
        sentry = self.product.sentry
        sentry.behave()
        if self.chance.random() < 0.5:
            kind = self.chance.choice(FAULTS)
            sentry.misbehave(kind, match="/events-", times=self.chance.randint(1, 10))

    def _let_the_past_change(self) -> None:
        slug, name = self.chance.choice(SOURCES)
        ago = timedelta(minutes=self.chance.randint(3, 1380))
        extra, minutes = self.chance.choice((-3, -1, 2, 40)), self.chance.randint(1, 30)
        start = datetime.now(UTC) - ago
        self.product.sentry.correct("acme", slug, name, start, minutes, extra)

    def come_to_rest(self) -> None:
        """End the tracker's errors, wait until all is well, and let the next hour come.

        Nothing is helped along but the clock: what waits because the tracker failed need not
        wait any longer, and once nothing is overdue the last day is due to be read again.
        """
        self.product.sentry.behave()
        self._let_time_pass(None)
        self._wait(lambda: not self.stuck(), 2 * WITHIN_SECONDS)
        asked_at = datetime.now(UTC)
        self._let_time_pass(SweepKind.DAY)
        self._wait(lambda: self._days_read_since(asked_at), 2 * WITHIN_SECONDS)

    def _let_time_pass(self, kind: SweepKind | None) -> None:
        """Let back-off end, and the interval of one kind of sweep."""
        now = datetime.now(UTC)
        with self.product.inside(), write():
            db.session.execute(update(Integration).values(retry_at=None))
            failed = update(ImpactSource).where(ImpactSource.failure_count > 0)
            db.session.execute(failed.values(due_at=now))
            over = or_(Sweep.failure_count > 0, Sweep.kind == kind)
            db.session.execute(update(Sweep).where(over).values(due_at=now, scheduled_at=now))

    def _days_read_since(self, moment: datetime) -> bool:
        with self.product.inside():
            confirmed = list(
                db.session.scalars(select(Sweep.confirmed_at).where(Sweep.kind == SweepKind.DAY))
            )
        return all(at is not None and at >= moment for at in confirmed)

    def wrong_minutes(self) -> list[str]:
        """Return the minutes of the last day whose stored count is not the tracker's."""
        acme = self.product.sentry.world.organization("acme")
        assert acme is not None
        end = int(time.time()) // 60 * 60 - 40 * 60
        wrong = []
        with self.product.inside():
            for source_id, (slug, name) in self.source_ids.items():
                project = acme.project(slug)
                assert project is not None
                truth = self.product.sentry.counts(acme, project, name, end - DAY, end)
                stored = series.read_counts(source_id, end - DAY, end, 60)
                wrong += [
                    f"source {source_id}, minute {end - DAY + 60 * index}: {ours}, not {theirs}"
                    for index, (ours, theirs) in enumerate(zip(stored, truth, strict=True))
                    if ours != theirs
                ]
        return wrong

    def stuck(self) -> list[str]:
        """Return what would never come right again by itself."""
        now = datetime.now(UTC)
        with self.product.inside():
            ranges = db.session.execute(
                select(Coverage.impact_source_id, func.count()).group_by(Coverage.impact_source_id)
            )
            holes = [f"source {id_} has {n} ranges" for id_, n in ranges if n > 1]
            leases = [
                f"integration {row.id} is claimed until {row.claimed_until}"
                for row in db.session.scalars(select(Integration))
                if row.claimed_until and row.claimed_until > now + timedelta(seconds=31)
            ]
            late = [
                f"source {row.id} was due at {row.due_at}: {row.last_error}"
                for row in db.session.scalars(select(ImpactSource))
                if row.due_at is None or row.due_at < now - timedelta(seconds=WITHIN_SECONDS)
            ]
            overdue = [
                f"sweep {row.kind} of source {row.impact_source_id} was due at {row.due_at}"
                for row in db.session.scalars(select(Sweep))
                if row.due_at < now - timedelta(seconds=WITHIN_SECONDS) or row.reached is not None
            ]
        missing = [role for role in WORDS if not self.pids(role)]
        return holes + leases + late + overdue + [f"there is no {role}" for role in missing]

    def recovery_seconds(self, role: str) -> float:
        """Kill one process in mid-collection; return how long until all is collected again."""
        self.product.sentry.misbehave("slow", match="/events-", seconds=1.0)
        self._make_due()
        self._wait(lambda: bool(self._horses("collector")), WITHIN_SECONDS)
        victims = self._horses("collector") if role == "horse" else self.pids(role)
        kill(victims[0])
        self.product.sentry.behave()
        killed_at, began = datetime.now(UTC), time.monotonic()
        self._make_due()
        self._wait(self._answers, WITHIN_SECONDS)
        self.wait_for_counts(after=killed_at)
        return time.monotonic() - began

    def _make_due(self) -> None:
        with self.product.inside(), write():
            db.session.execute(update(ImpactSource).values(due_at=clock.now()))

    def _horses(self, role: str) -> list[int]:
        found = [each for parent in self.pids(role) for each in descendants(parent)]
        return [each for each in found if not descendants(each)]

    def wait_for_counts(self, after: datetime) -> None:
        """Wait until every source was collected after a moment."""

        def is_collected() -> bool:
            with self.product.inside():
                moments = list(db.session.scalars(select(ImpactSource.collected_at)))
            return all(moment is not None and moment >= after for moment in moments)

        self._wait(is_collected, 2 * WITHIN_SECONDS)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.product.url}/sign-in", timeout=5).ok
        except requests.RequestException:
            return False

    def _wait(self, is_true: Callable[[], bool], seconds: float) -> None:
        give_up_at = time.monotonic() + seconds
        while True:
            with suppress(OperationalError):
                if is_true():
                    return
            if time.monotonic() > give_up_at:
                raise AssertionError(f"still not so after {seconds} s:\n" + self._tail())
            time.sleep(0.2)

    def _tail(self) -> str:
        return "\n".join(self.product.log.read_text().splitlines()[-20:] + self.stuck())


def _is_horse(pid: int, found: list[int]) -> bool:
    return any(pid in descendants(other) for other in found if other != pid)
