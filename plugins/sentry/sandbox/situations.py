"""Situations that can be switched on for a while, to watch how a product copes.

Bad weather concerns every caller; the rest concerns Lumen Works, the organization of the
demo. Nothing is changed for good: each request sees the world as it is in the situations
that are on, and what is over is as if it had never been.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugins.sentry.sandbox.exchange import Request
from plugins.sentry.sandbox.faults import Fault
from plugins.sentry.sandbox.series import MINUTE
from plugins.sentry.sandbox.tokens import DANA, TOKENS, Token
from plugins.sentry.sandbox.world import Organization, Project, World

ORGANIZATION = "lumen"
RENAMED = "lumen-industries"
QUIET = "quiet"
_API = "/api/"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is different while it is on.

    Args:
        fault: Spoils every answer of the API.
        token: Makes of a token what it is meanwhile.
        organization: Likewise of Lumen Works.
    """

    fault: Fault | None = None
    token: Callable[[Token], Token] | None = None
    organization: Callable[[Organization], Organization] | None = None


def _of_the_demo(token: Token) -> bool:
    return token.value == TOKENS["demo"].value


def _revoked(token: Token) -> Token:
    return replace(token, refusal="Invalid token") if _of_the_demo(token) else token


def _lacking(scope: str) -> Situation:
    def without(token: Token) -> Token:
        scopes = tuple(each for each in token.scopes if each != scope)
        return replace(token, scopes=scopes) if _of_the_demo(token) else token

    return Situation(token=without)


def _barrier(code: str) -> Situation:
    """Every token of the account has to overcome it."""
    return Situation(
        token=lambda token: replace(token, barrier=code) if token.user == DANA else token
    )


def _project(slug: str, change: Callable[[Project], list[Project]]) -> Situation:
    def changed(owner: Organization) -> Organization:
        parts = [change(each) if each.slug == slug else [each] for each in owner.projects]
        return replace(owner, projects=[each for part in parts for each in part])

    return Situation(organization=changed)


def _renamed_project(each: Project) -> list[Project]:
    return [replace(each, slug="web-store", name="Web Store", former_slug=each.slug)]


def _renamed_organization(owner: Organization) -> Organization:
    return replace(owner, slug=RENAMED, name="Lumen Industries", former_slug=owner.slug)


def _member_of_renamed(token: Token) -> Token:
    slugs = tuple(RENAMED if slug == ORGANIZATION else slug for slug in token.organizations)
    return replace(token, organizations=slugs)


SITUATIONS: dict[str, Situation] = {
    "token-revoked": Situation(token=_revoked),
    "required-scope-missing": _lacking("org:read"),
    "other-scope-missing": _lacking("event:read"),
    "single-sign-on": _barrier("sso-required"),
    "second-factor": _barrier("2fa-required"),
    "member-disabled": _barrier("member-disabled-over-limit"),
    "overloaded": Situation(fault=Fault("503", _API)),
    "throttled": Situation(fault=Fault("429", _API, retry_after="60")),
    "silent": Situation(fault=Fault("silence", _API)),
    "web-page": Situation(fault=Fault("html-200", _API)),
    "project-refused": _project("worker", lambda each: [replace(each, has_access=False)]),
    "project-deleted": _project("worker", lambda _each: []),
    "project-renamed": _project("storefront", _renamed_project),
    "organization-renamed": Situation(token=_member_of_renamed, organization=_renamed_organization),
    QUIET: Situation(),
}


@dataclass(frozen=True, slots=True)
class Running:
    """A situation that is on; without ``until`` it stays until it is ended."""

    name: str
    since: datetime
    until: datetime | None

    def as_dict(self) -> dict[str, str | None]:
        """Return the fields for JSON."""
        until = self.until.isoformat() if self.until else None
        return {"name": self.name, "since": self.since.isoformat(), "until": until}


class Situations:
    """Those that are on, and what they make of the rest."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: dict[str, Running] = {}

    def begin(
        self,
        name: str,
        minutes: float | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """Switch a situation on, or change how long it lasts.

        Args:
            minutes: Until it ends by itself; ``until`` says the same as an instant.
            since: When it began; now if None.

        Raises:
            LookupError: there is none of that name.
        """
        if name not in SITUATIONS:
            raise LookupError(f"unknown situation {name!r}; known: {', '.join(SITUATIONS)}")
        now = self._clock()
        if minutes is not None:
            until = now + timedelta(minutes=minutes)
        with self._lock:
            self._begun[name] = Running(name, since or now, until)

    def end(self, name: str | None = None) -> None:
        """Switch one off, or all of them."""
        with self._lock:
            if name is None:
                self._begun.clear()
            else:
                self._begun.pop(name, None)

    def running(self) -> list[Running]:
        """Return those that are on now."""
        now = self._clock()
        with self._lock:
            return [each for each in self._begun.values() if not each.until or now < each.until]

    def fault(self, request: Request) -> Fault | None:
        """Return what spoils the answer to a request."""
        faults = [each.fault for each in self._on() if each.fault]
        return next((fault for fault in faults if fault.concerns(request)), None)

    def token(self, token: Token) -> Token:
        """Return what a token is now."""
        for each in self._on():
            token = each.token(token) if each.token else token
        return token

    def world(self, world: World) -> World:
        """Return what the world is now; the one given stays as it is."""
        changes = [each.organization for each in self._on() if each.organization]
        if not changes:
            return world
        seen = copy(world)
        seen.organizations = [_changed(each, changes) for each in world.organizations]
        return seen

    def heard_of(self, counts: list[int], owner: Organization, since: int) -> list[int]:
        """Return counts a minute without those that are kept quiet.

        Args:
            since: The first minute, epoch seconds.
        """
        quiet = next((each for each in self.running() if each.name == QUIET), None)
        if quiet is None or owner.slug not in (ORGANIZATION, RENAMED):
            return counts
        kept = max(0, (int(quiet.since.timestamp()) - since) // MINUTE)
        return [*counts[:kept], *(0 for _ in counts[kept:])]

    def _on(self) -> list[Situation]:
        return [SITUATIONS[each.name] for each in self.running()]


def _changed(
    owner: Organization, changes: list[Callable[[Organization], Organization]]
) -> Organization:
    if owner.slug != ORGANIZATION:
        return owner
    for change in changes:
        owner = change(owner)
    return owner
