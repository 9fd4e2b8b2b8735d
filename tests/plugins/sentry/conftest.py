"""The plugin against the sandbox on loopback, at a time that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from plugins.sentry.sandbox import TOKENS, Sandbox
from sleuth import cli
from sleuth import clock as the_clock
from sleuth.http import AllowedHosts, Client, Limits
from sleuth.plugin_api import ImpactConfig, TrackerContext

SHORTLY_AFTER_NOON = datetime(2026, 3, 4, 12, 0, 40, tzinfo=UTC)
LIVE = ("plugin", "check", "sentry", "--live", "--pause", "0")


@dataclass
class Clock:
    """What time it is for sandbox and plugin."""

    now: datetime = SHORTLY_AFTER_NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="session")
def _running() -> Iterator[Sandbox]:
    with Sandbox(clock=Clock(), seed=7) as running:
        yield running


@pytest.fixture
def clock(sandbox: Sandbox) -> Clock:
    """The sandbox's clock; set ``now`` to move it."""
    return sandbox.clock  # type: ignore[return-value]


@pytest.fixture
def sandbox(_running: Sandbox) -> Sandbox:
    """A sandbox in its first state, shortly after noon."""
    _running.reset()
    _running.clock.now = SHORTLY_AFTER_NOON  # type: ignore[attr-defined]
    return _running


@pytest.fixture
def tracker(sandbox: Sandbox, clock: Clock) -> Callable[..., TrackerContext]:
    """Return a context with a token by its name in the sandbox, or as pasted.

    Patient unless told otherwise, because the machine that runs the tests may be busy.
    """

    def make(
        token: str = "full", organization: str = "", url: str = "", read_seconds: float = 20
    ) -> TrackerContext:
        limits = Limits(read_seconds=read_seconds)
        base = url or sandbox.url
        pasted = TOKENS[token].value if token in TOKENS else token
        return TrackerContext(
            http=Client("Sentry", AllowedHosts([base]), limits=limits),
            settings={"url": base},
            credentials={"token": pasted, "organization": organization},
            now=clock(),
        )

    return make


@pytest.fixture
def config(sandbox: Sandbox) -> Callable[..., ImpactConfig]:
    """Return the configuration of an impact source, by default Acme's web in production."""

    def make(
        environment: str | None = "production",
        project: str = "4501",
        organization: str = "1001",
        region: str = "us",
        slug: str = "web",
    ) -> ImpactConfig:
        attributes = {
            "region_url": sandbox.urls[region],
            "web_url": f"{sandbox.url}/organizations/acme",
            "org_slug": "acme",
            "slug": slug,
        }
        return ImpactConfig(organization, project, environment, attributes)

    return make


@pytest.fixture
def run(sandbox: Sandbox) -> Iterator[Callable[..., Result]]:
    """Make the live checks with a token by its name in the sandbox, or as pasted."""

    def command(token: str = "three_organizations", *more: str, url: str = "") -> Result:
        pasted = TOKENS[token].value if token in TOKENS else token
        arguments = (*LIVE, "--setting", f"url={url or sandbox.url}", *more)
        return CliRunner().invoke(cli.main, arguments, input=f"{pasted}\n")

    with the_clock.frozen(SHORTLY_AFTER_NOON):
        yield command
