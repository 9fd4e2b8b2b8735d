"""The stand-in as a running server: one port for the control silo, one for each region."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from plugins.sentry.sandbox import control, pages, routes
from plugins.sentry.sandbox.access import authenticate
from plugins.sentry.sandbox.directory import Call
from plugins.sentry.sandbox.exchange import CONTROL, Answer, Request
from plugins.sentry.sandbox.faults import KINDS, Fault
from plugins.sentry.sandbox.http_server import Silo
from plugins.sentry.sandbox.kinds import Kind, kinds_of
from plugins.sentry.sandbox.series import MINUTE, Correction, Incident, minute_counts
from plugins.sentry.sandbox.situations import Situations
from plugins.sentry.sandbox.world import Organization, Project, World

REGIONS = ("us", "de")


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request as it was answered; for tests that look at what a client did."""

    silo: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    token: str
    status: int

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return asdict(self)


class Sandbox:
    """A server that answers like sentry.io on loopback ports.

    Args:
        clock: Returns the current time, aware UTC; tests pass a frozen one.
        seed: Changes every count.
        port: Of the control silo; regions take the ports above it. 0 picks free ones.
        verbose: Print a line for each request.
        regions: Their names; organizations are moved to further ones through ``world``.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: int = 1,
        host: str = "127.0.0.1",
        port: int = 0,
        verbose: bool = False,
        regions: tuple[str, ...] = REGIONS,
    ) -> None:
        self.clock, self.seed, self.verbose = clock, seed, verbose
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._servers: dict[str, Silo] = {}
        self._address = (host, port)
        self._silos = (CONTROL, *regions)
        self.reset()

    def reset(self) -> None:
        """Forget incidents, misbehaviour, revocations, situations, environments, requests."""
        with self._lock:
            self.world = World()
            self.requests: list[SeenRequest] = []
            self._faults: list[Fault] = []
            self._revoked: set[str] = set()
            self.situations: Situations = Situations(lambda: self.clock())  # noqa: PLW0108 - it may be replaced
            self._kinds: defaultdict[tuple[str, str], list[Kind]] = defaultdict(list)
            self._incidents: defaultdict[tuple[str, str, str], list[Incident]] = defaultdict(list)
            self._corrections: defaultdict[tuple[str, str, str], list[Correction]] = defaultdict(
                list
            )

    def start(self) -> Self:
        """Listen and serve in threads of their own.

        Raises:
            OSError: a port is taken.
        """
        host, port = self._address
        self._stopping.clear()
        try:
            for offset, silo in enumerate(self._silos):
                self._servers[silo] = Silo((host, port and port + offset), self, silo)
        except OSError:
            self._close()
            raise
        for server in self._servers.values():
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening and drop every open connection."""
        self._stopping.set()
        for server in self._servers.values():
            server.stop()
        self._close()

    def _close(self) -> None:
        for server in self._servers.values():
            server.server_close()
        self._servers.clear()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Base URL of the control silo: what ``SLEUTH_SENTRY_URL`` is set to."""
        return self.urls[CONTROL]

    @property
    def urls(self) -> dict[str, str]:
        """Base URLs by name: ``control``, ``us``, ``de``."""
        return {silo: server.url for silo, server in self._servers.items()}

    def misbehave(self, kind: str, match: str = "", times: int | None = None, **more: Any) -> None:
        """Answer calls wrongly from now on; see :class:`Fault` for the arguments."""
        if kind not in KINDS:
            raise ValueError(f"unknown misbehaviour {kind!r}; known: {', '.join(KINDS)}")
        with self._lock:
            self._faults.append(Fault(kind, match, times, **more))

    def behave(self) -> None:
        """End all misbehaviour."""
        with self._lock:
            self._faults.clear()

    def revoke(self, token: str) -> None:
        """Make a token unknown."""
        with self._lock:
            self._revoked.add(token)

    def add_incident(
        self,
        organization: str,
        project: str,
        environment: str,
        start: datetime,
        minutes: int,
        factor: float = 1.0,
        extra: float = 0.0,
        new_errors: Sequence[str] = (),
        release: str = "",
    ) -> None:
        """Change the rate of errors of one environment for a while.

        Args:
            organization: Slug or id; likewise ``project``.
            factor: Multiplies the usual rate.
            extra: Errors a minute on top.
            new_errors: Titles of the kinds of errors that begin with it.
            release: The release that these come with.

        Raises:
            LookupError: no such project.
        """
        series = self._series(organization, project, environment)
        begin = int(start.timestamp()) // MINUTE * MINUTE
        with self._lock:
            self._incidents[series].append(
                Incident(begin, minutes, factor, extra, tuple(new_errors), release)
            )

    def correct(
        self,
        organization: str,
        project: str,
        environment: str,
        start: datetime,
        minutes: int,
        extra: int,
        visible_from: datetime | None = None,
    ) -> None:
        """Add events to minutes that have passed, or delete some.

        Args:
            organization: Slug or id; likewise ``project``.
            extra: Events more in each minute, fewer if negative.
            visible_from: When that shows; now if None.

        Raises:
            LookupError: no such project.
        """
        series = self._series(organization, project, environment)
        begin = int(start.timestamp()) // MINUTE * MINUTE
        shows_at = (visible_from or self.clock()).timestamp()
        with self._lock:
            self._corrections[series].append(Correction(begin, minutes, extra, shows_at))

    def _series(self, organization: str, project: str, environment: str) -> tuple[str, str, str]:
        owner, found = self._found(organization, project)
        return owner.id, found.id, environment

    def _found(self, organization: str, project: str) -> tuple[Organization, Project]:
        """Return them as they are called in no situation: that is how orders name them."""
        owner = self.world.organization(organization)
        found = owner.project(project) if owner else None
        if owner is None or found is None:
            raise LookupError(f"The sandbox has no project {organization}/{project}.")
        return owner, found

    @property
    def incidents(self) -> list[dict[str, Any]]:
        """The incidents added so far, in the shape in which orders name them."""
        with self._lock:
            return [
                {
                    **self._names(owner, project),
                    "environment": environment,
                    **asdict(incident),
                    "start": datetime.fromtimestamp(incident.start, UTC).isoformat(),
                }
                for (owner, project, environment), added in self._incidents.items()
                for incident in added
            ]

    def _names(self, organization_id: str, project_id: str) -> dict[str, str]:
        owner, project = self._found(organization_id, project_id)
        return {"organization": owner.slug, "project": project.slug}

    def counts(
        self, owner: Organization, project: Project, environment: str, since: int, until: int
    ) -> list[int]:
        """Return the errors visible now of each minute in ``[since, until)``, epoch seconds."""
        with self._lock:
            incidents = tuple(self._incidents[owner.id, project.id, environment])
            corrections = tuple(self._corrections[owner.id, project.id, environment])
        key = f"{self.seed}:{owner.id}:{project.id}:{environment}"
        profile = project.environments[environment].profile
        now = self.clock()
        counts = minute_counts(key, profile, incidents, since, until, now)
        for correction in corrections:
            correction.apply(counts, since, now.timestamp())
        return self.situations.heard_of(counts, owner, since)

    def add_kind(self, organization: str, project: str, kind: Kind) -> None:
        """Let a kind of error turn up; raises LookupError if there is no such project."""
        owner, found = self._found(organization, project)
        with self._lock:
            self._kinds[owner.id, found.id].append(kind)

    def kinds(self, owner: Organization, project: Project) -> list[Kind]:
        """Return the kinds of errors of a project that have been seen by now."""
        with self._lock:
            told = list(self._kinds[owner.id, project.id])
            incidents = {
                name: tuple(self._incidents[owner.id, project.id, name])
                for name in project.environments
            }
        now = self.clock().timestamp()
        key = f"{owner.id}:{project.id}"
        return told + [
            kind
            for name, ordered in incidents.items()
            for kind in kinds_of(self.seed, key, name, ordered, now)
        ]

    def answer(self, request: Request) -> Answer:
        """Answer one request, remember it, and misbehave if told so."""
        if request.path.startswith(control.PREFIX):
            return control.answer(self, request)
        fault = self._take_fault(request)
        answer = self._honest_answer(fault.misread(request) if fault else request)
        if fault:
            answer = fault.spoil(request, answer)
        seen = SeenRequest(
            request.silo,
            request.method,
            request.path,
            request.query,
            request.token,
            answer.status,
        )
        with self._lock:
            self.requests.append(seen)
            del self.requests[:-10_000]
        return answer

    def _honest_answer(self, request: Request) -> Answer:
        if request.path.startswith("/api/"):
            is_anonymous = not request.authorization
            return routes.answer(
                lambda: self._call(request), request.path, is_anonymous=is_anonymous
            )
        if request.path == "/":
            return pages.index_page(self.world, self.urls)
        if "/issues/" in request.path:
            return pages.issues_page(request)
        return pages.not_found_page()

    def _call(self, request: Request) -> Call:
        token = authenticate(request, self._revoked, self.situations.token)
        world = self.situations.world(self.world)
        return Call(request, token, world, self.urls, self.counts, self.kinds)

    def _take_fault(self, request: Request) -> Fault | None:
        with self._lock:
            fault = next((f for f in self._faults if f.concerns(request)), None)
            if fault and fault.times is not None:
                fault.times -= 1
        return fault or self.situations.fault(request)

    def wait(self, seconds: float | None) -> bool:
        """Wait, or until the server stops; True if it stops."""
        return self._stopping.wait(seconds)
