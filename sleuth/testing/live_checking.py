"""Makes a plugin's live checks against the real service."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sleuth import __version__
from sleuth.http import AllowedHosts, Client
from sleuth.http.deadline import run_until
from sleuth.plugin_api import CredentialField, TokenCheck, TrackerContext, TrackerError, TrackerInfo
from sleuth.testing.budget import BudgetedSession, RememberingClient
from sleuth.testing.finding import imported
from sleuth.testing.hearing import overheard
from sleuth.testing.known_keys import keys_in
from sleuth.testing.live import (
    BUDGET,
    PAUSE_SECONDS,
    Finding,
    LiveCheck,
    Verdict,
    not_found_out,
)
from sleuth.testing.live_looking import LiveError, checks_of, looked
from sleuth.testing.live_report import Report, Result
from sleuth.testing.product import hooks_of
from sleuth.testing.pseudonyms import Pseudonyms
from sleuth.trackers import Tracker
from sleuth.trackers.calls import PluginHooks
from sleuth.trackers.loading import load_alone

_THROTTLED = "{name} has had too many requests and asks to wait (429); nothing more was asked."


CHECK_SECONDS = 60.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Subject:
    """A plugin with live checks.

    Args:
        hooks: As they are, without the checks of the product.
        keys: Of documents, that its own source names.
    """

    tracker: Tracker
    hooks: PluginHooks
    checks: Sequence[LiveCheck]
    keys: frozenset[str] = frozenset()

    @property
    def info(self) -> TrackerInfo:
        """What the plugin says of itself."""
        return self.tracker.info

    def secret_fields(self) -> list[CredentialField]:
        """The credentials that are asked for, in the order of the dialog."""
        asked = [each for each in self.info.credential_fields if each.is_secret]
        return [each for each in asked if each.is_required]


@dataclass(frozen=True, slots=True)
class Terms:
    """How the checks are to be made.

    Args:
        settings: Of the plugin, those that differ from the operator's.
        credentials: By the plugin's names.
        check_seconds: How long one check may take, pauses not counted.
    """

    credentials: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    budget: int = BUDGET
    pause_seconds: float = PAUSE_SECONDS
    check_seconds: float = CHECK_SECONDS

    @property
    def longest(self) -> float:
        """Seconds that one check may take, if it makes all the requests."""
        return self.check_seconds + self.budget * self.pause_seconds


def find_subject(
    place: str, environ: Mapping[str, Any], settings: Mapping[str, str], say: Say
) -> Subject:
    """Load a plugin and its live checks.

    Args:
        place: Path or name, as :func:`sleuth.testing.finding.find` takes it.
        environ: The operator's settings by full name.
        settings: The plugin's by their own names, which win.
        say: Told what the plugin prints meanwhile.

    Raises:
        CandidateError: there is no such plugin, or it cannot be imported.
        LiveError: it does not load, or has no live checks.
    """
    with overheard(say, str):
        return _subject(place, environ, settings)


def _subject(place: str, environ: Mapping[str, Any], settings: Mapping[str, str]) -> Subject:
    source, module = imported(place, str(environ.get("SLEUTH_PLUGINS_DIR") or ""))
    registry = load_alone(source, environ, settings)
    for failure in registry.failures:
        raise LiveError(f"{source.origin.name} failed to load: {failure.error}")
    for skipped in registry.skipped:
        raise LiveError(f"{source.origin.name} is not loaded: {skipped.reason} See --setting.")
    (tracker,) = registry.trackers.values()
    unknown = sorted(set(settings) - set(tracker.settings))
    if unknown:
        raise LiveError(f"{tracker.info.name} has no setting {unknown[0]}.")
    checks = checks_of(module, source.origin.name)
    return Subject(tracker, hooks_of(module), checks, keys_in(source.files()))


def check_live(subject: Subject, terms: Terms, now: Callable[[], datetime], say: Say) -> Report:
    """Try the token, then make every check, and report.

    Args:
        say: Told, without secrets, what plugin and checks print meanwhile.

    Raises:
        LiveError: the token was refused, the service could not be reached, or it asked to
            be left alone.
    """
    secrets = [each.name for each in subject.info.credential_fields if each.is_secret]
    pseudonyms = Pseudonyms(terms.credentials, secrets, subject.keys)
    with overheard(say, pseudonyms):
        return _reported(subject, terms, now, pseudonyms)


def _reported(
    subject: Subject, terms: Terms, now: Callable[[], datetime], pseudonyms: Pseudonyms
) -> Report:
    session = BudgetedSession(terms.budget, terms.pause_seconds)
    context, client = _context(subject, terms, session, pseudonyms, now())
    _try_token(subject, context, client, pseudonyms, terms.longest)
    results = []
    for check in subject.checks:
        results.append(_result(check, _looked(check, context, session, terms.longest), pseudonyms))
        if client.is_throttled:
            raise LiveError(_THROTTLED.format(name=subject.info.name))
    return Report(
        tracker=subject.info.name,
        plugin=subject.tracker.origin.name,
        version=subject.tracker.origin.version,
        api_version=subject.info.api_version,
        sleuth=__version__,
        day=now().date(),
        host=_host(subject),
        requests=session.spent,
        budget=session.budget,
        results=tuple(results),
    )


def _context(
    subject: Subject,
    terms: Terms,
    session: BudgetedSession,
    pseudonyms: Pseudonyms,
    now: datetime,
) -> tuple[TrackerContext, RememberingClient]:
    info, settings = subject.info, subject.tracker.settings
    addresses = [settings[row.name] for row in info.settings if row.is_url]
    client = Client(
        info.name,
        AllowedHosts([*addresses, *info.hosts]),
        session=session,
        scrub=lambda _text: "[hidden]",  # paths hold ids
        now=now,
    )
    remembering = RememberingClient(client, pseudonyms.learn)
    return TrackerContext(remembering, settings, dict(terms.credentials), now), remembering


def _try_token(
    subject: Subject,
    context: TrackerContext,
    client: RememberingClient,
    pseudonyms: Pseudonyms,
    seconds: float,
) -> None:
    name = subject.info.name
    failure = ""
    try:
        answer = run_until(
            time.monotonic() + seconds,
            lambda: subject.hooks.call("sleuth_validate_token", tracker=context),
        )
    except TrackerError as error:
        failure = pseudonyms(error.message)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        failure = f"The {name} plugin failed while it tried the token ({type(error).__name__})."
    if client.is_throttled:
        raise LiveError(_THROTTLED.format(name=name))
    if failure:
        raise LiveError(failure)
    if not isinstance(answer, TokenCheck):
        raise LiveError(f"The {name} plugin does not say whether the token works.")
    if not answer.ok:
        hints = [f" See --credential {each}=…" for each in answer.asks_for]
        raise LiveError(pseudonyms(answer.message) + "".join(hints))


def _looked(
    check: LiveCheck, context: TrackerContext, session: BudgetedSession, seconds: float
) -> Finding:
    """Make one check; whatever it says after a request was denied is worth nothing."""
    denied = session.denied
    found = looked(check, context, seconds)
    if session.denied > denied:
        return not_found_out(f"the budget of {session.budget} requests is used up")
    return found


def _result(check: LiveCheck, found: Finding, pseudonyms: Pseudonyms) -> Result:
    public = [*found.public, *f"{check.question} {check.assumed}".split()]
    return Result(
        name=check.name,
        question=check.question,
        assumed=check.assumed,
        verdict=Verdict(found.verdict),
        seen=tuple(pseudonyms(line, public) for line in found.seen),
        because=pseudonyms(found.because, public),
    )


def _host(subject: Subject) -> str:
    """Return whom the report is about; an address of somebody's own is not told."""
    defaults = {row.name: row.default for row in subject.info.settings if row.is_url}
    own = [name for name, url in defaults.items() if subject.tracker.settings[name] != url]
    if own:
        return "a server of its own"
    hosts = [urlsplit(url).hostname or "" for url in defaults.values()] or [*subject.info.hosts]
    return ", ".join(dict.fromkeys(hosts)) or "not declared"
