"""Calling one hook of one plugin, so that whatever happens stays contained."""

from __future__ import annotations

import hmac
import json
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from pluggy import PluginManager

from sleuth.http import Pace, Session, Unpaced
from sleuth.plugin_api import TrackerContext, TrackerError
from sleuth.redaction import Scrubber
from sleuth.text import clean
from sleuth.trackers.bars import Bars
from sleuth.trackers.capture import captured
from sleuth.trackers.errors import (
    FAULT,
    ContractError,
    PluginBug,
    kind_of,
    one_line,
    presentable,
    said,
    shortened,
)
from sleuth.trackers.inflight import notes
from sleuth.trackers.places import files_of, is_request, place_in, raised_at
from sleuth.trackers.sizes import require_size
from sleuth.trackers.tidy import tidied
from sleuth.trackers.tracing import Trace

logger = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plugin came from.

    Args:
        name: Of its file, folder or entry point.
        place: ``bundled``, a path, or the package that installed it.
        version: Empty if the plugin has none.
    """

    name: str
    place: str
    version: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the application adds to a plugin; a plugin's own tests do without.

    Args:
        pace: How fast an account is asked.
        pace_key: Tells accounts apart without their secrets.
        time_limit: The exceptions by which a job is ended.
        somebody_waits: Whether a person waits for a page, so that no hook may be called.
        connect: Opens the connections that are kept alive.
        is_traced: Whether every call is logged.
    """

    pace: Pace = field(default_factory=Unpaced)
    pace_key: bytes = b""
    time_limit: tuple[type[Exception], ...] = ()
    somebody_waits: Callable[[], bool] = lambda: False
    connect: Callable[[], Session] = Session
    is_traced: bool = False

    def account(self, slug: str, credentials: Mapping[str, str]) -> str:
        """Return what tells the accounts of a plugin apart and tells nobody their secrets."""
        text = json.dumps([slug, sorted(credentials.items())])
        return hmac.new(self.pace_key, text.encode(), "sha256").hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class PluginHooks:
    """The hooks of exactly one registered plugin.

    Args:
        key: Under which the plugin is registered.
        implemented: Names of the hooks that it implements.
    """

    manager: PluginManager
    key: str
    implemented: frozenset[str]

    @property
    def files(self) -> Path | None:
        """The plugin's file or folder."""
        return files_of(self.manager.get_plugin(self.key))

    def call(self, hook: str, **arguments: Any) -> Any:
        """Call one hook of this plugin and of no other, and return what it returned."""
        others = [plugin for key, plugin in self.manager.list_name_plugin() if key != self.key]
        return self.manager.subset_hook_caller(hook, others)(**arguments)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What belongs together while one plugin is asked something.

    Args:
        slug: Of the plugin.
        tracker_name: For messages.
        scrub: Hides the credentials that the plugin was given.
        bars: The hooks that must not be called for a while.
        context: None for hooks that talk to nobody.
    """

    hooks: PluginHooks
    origin: Origin
    slug: str
    tracker_name: str
    scrub: Scrubber
    surroundings: Surroundings
    bars: Bars
    context: TrackerContext | None = None

    def ask(self, hook: str, check: Callable[[Any], T], **arguments: Any) -> T:
        """Turn every outcome of a hook into a checked value or a TrackerError.

        Errors are raised outside of the handler, so that nothing which might hold a
        secret stays attached to them; the plugin's own are read while it is listened to.
        What runs into the time limit of its job is an error like others, so that it is
        noted and does not hold up everything behind it.

        Raises:
            TrackerError: what the plugin says of the tracker.
            PluginBug: anything else that it raised, or an answer that ``check`` refused.
            RuntimeError: the host asked while it answers a request, which may not wait.
        """
        if self.surroundings.somebody_waits():
            raise RuntimeError(f"{hook} is to be called in a job, not by a page.")
        if barred := self.bars.sentence(hook):
            raise PluginBug(barred)
        if self.context is not None:
            arguments["tracker"] = self.context
        trace = self._trace(hook, arguments)
        with captured(self.origin.name, self.scrub), notes.asking(self.slug, hook):
            try:
                answer = self._checked(self.hooks.call(hook, **arguments), hook, check)
            except BaseException as error:
                failure = self._failure(hook, error, trace)
            else:
                trace.answered(answer)
                return answer
        raise failure from None

    def _trace(self, hook: str, arguments: dict[str, Any]) -> Trace:
        plugin = f"{self.origin.name} {self.origin.version}".strip()
        return Trace(plugin, hook, arguments, self.scrub, self.surroundings.is_traced)

    def _checked(self, answer: Any, hook: str, check: Callable[[Any], T]) -> T:
        """Check an answer while the plugin is still listened to: reading may run its code."""
        require_size(answer, f"the answer of {hook}")
        return tidied(check(answer))

    def _failure(self, hook: str, error: BaseException, trace: Trace) -> TrackerError:
        """Return a fresh error, whatever happens when that of the plugin is looked at."""
        try:
            failure = self._told(error)
            trace.failed(failure or error)
            return failure or self._bug(hook, error)
        except BaseException:
            self._log_bug(hook, "It raised an error that cannot be read.")
            return self._unexpected(hook)

    def _told(self, error: BaseException) -> TrackerError | None:
        """Return what the error says of the tracker, None where it tells of a bug."""
        if issubclass(type(error), self.surroundings.time_limit):
            if self._place_of(error) and not is_request(raised_at(error)):
                return None
            return TrackerError(
                f"{self.tracker_name} took longer to answer than a job may take. Try again later."
            )
        if not issubclass(type(error), TrackerError):
            return None
        try:
            return presentable(cast("TrackerError", error), self.scrub)
        except Exception as fault:
            told = f"Its {type(error).__name__} cannot be read: {self.scrub(one_line(fault))}"
        logger.error("Plugin %s: %s", self.origin.name, told)
        return None

    def _bug(self, hook: str, error: BaseException) -> PluginBug:
        lines = "".join(traceback.format_exception(error))
        self._log_bug(hook, f"{self.scrub(one_line(error))}\n{clean(self.scrub(lines))}")
        if issubclass(type(error), ContractError):
            return PluginBug(
                f"The {self.tracker_name} plugin gave an answer that Sleuth cannot use: "
                f"{self.scrub(said(error))}. This is a fault of the plugin."
            )
        return self._unexpected(hook, error)

    def _log_bug(self, hook: str, what: str) -> None:
        plugin = f"{self.origin.name} {self.origin.version}"
        logger.error("Plugin %s failed in %s: %s", plugin, hook, what)

    def _unexpected(self, hook: str, error: BaseException | None = None) -> PluginBug:
        """Say where the plugin failed; what its error says may be meant for nobody's eyes."""
        where = self._place_of(error) if error is not None else ""
        what = self.scrub(kind_of(error)) if error is not None else "an error that cannot be read"
        place = f" ({self.scrub(where)})" if where else ""
        how = f"failed in {hook}: {what}{place}"
        if error is not None and issubclass(type(error), self.surroundings.time_limit):
            how = f"hung in {hook}{place}, outside of any request, until its job's time was over"
        return PluginBug(
            f"The {self.tracker_name} plugin {how}. {FAULT[:-1]}; the log of the server has the "
            "details."
        )

    def _place_of(self, error: BaseException) -> str:
        return shortened(place_in(self.hooks.files, raised_at(error)))
