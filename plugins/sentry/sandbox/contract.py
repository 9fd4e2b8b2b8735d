"""What the contract test kit is told of the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from plugins.sentry.sandbox.server import Sandbox
from plugins.sentry.sandbox.tokens import TOKENS
from plugins.sentry.sandbox.world import World
from sleuth.plugin_api import ImpactConfig
from sleuth.testing import Sandbox as ContractSandbox

HOUR = timedelta(hours=1)
MANY = "three_organizations"


class Truth:
    """The stand-in that is being served, and what it would have to answer."""

    def __init__(self) -> None:
        self._running: Sandbox | None = None
        self._hours: dict[tuple[object, ...], list[int]] = {}

    @contextmanager
    def serve(self, clock: Callable[[], datetime]) -> Iterator[str]:
        """Serve a stand-in by a clock, and yield the address of its control silo."""
        with Sandbox(clock=clock) as running:
            self._running = running
            self._hours.clear()
            yield running.url

    def count(self, config: ImpactConfig, minute: datetime) -> int:
        """Return the errors of one minute that are visible now.

        Raises:
            LookupError: nothing is served, or there is no such project.
        """
        hour = minute.replace(minute=0)
        now = self._sandbox().clock()
        key = (config.org_key, config.project_key, config.environment, hour, now)
        if key not in self._hours:
            self._hours[key] = self._counted(config, hour)
        return self._hours[key][minute.minute]

    def _counted(self, config: ImpactConfig, hour: datetime) -> list[int]:
        running = self._sandbox()
        owner = running.world.organization(config.org_key)
        project = owner.project(config.project_key) if owner else None
        if owner is None or project is None:
            raise LookupError(f"The sandbox has no project {config.project_key}.")
        is_any = config.environment is None
        names = [name for name in project.environments if is_any or name == config.environment]
        since, until = int(hour.timestamp()), int((hour + HOUR).timestamp())
        counted = [running.counts(owner, project, name, since, until) for name in names]
        return [sum(minutes) for minutes in zip(*counted, strict=True)] or [0] * 60

    def _sandbox(self) -> Sandbox:
        if self._running is None:
            raise LookupError("The sandbox is not being served.")
        return self._running


def _many_projects() -> int:
    slugs = TOKENS[MANY].organizations
    visible = [each for each in World().organizations if each.slug in slugs]
    return sum(len(each.projects) for each in visible if each.status == "active")


def _token(name: str) -> dict[str, str]:
    return {"token": TOKENS[name].value}


_truth = Truth()

SANDBOX = ContractSandbox(
    serve=_truth.serve,
    credentials=_token("full"),
    refused={
        "unknown": {"token": "sntryu_that_nobody_knows"},
        "expired": _token("expired"),
        "under_scoped": _token("no_org_read"),
    },
    count=_truth.count,
    configs=(
        ImpactConfig("1001", "4501", "production"),
        ImpactConfig("1001", "4501", "staging"),
        ImpactConfig("1001", "4502", "production"),
        ImpactConfig("1001", "4501", ""),
        ImpactConfig("1002", "5101", None),
    ),
    many_credentials=_token(MANY),
    many_projects=_many_projects(),
)
