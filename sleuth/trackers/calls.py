"""Calling one hook of one plugin, so that whatever happens stays contained."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pluggy import PluginManager

from sleuth.http import Pace, Session, Unpaced
from sleuth.plugin_api import TrackerContext, TrackerError
from sleuth.redaction import Scrubber
from sleuth.trackers.errors import ContractError, PluginBug, one_line, presentable

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
    """

    pace: Pace = field(default_factory=Unpaced)
    pace_key: bytes = b""
    time_limit: tuple[type[Exception], ...] = ()
    somebody_waits: Callable[[], bool] = lambda: False
    connect: Callable[[], Session] = Session


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

    def call(self, hook: str, **arguments: Any) -> Any:
        """Call one hook of this plugin and of no other, and return what it returned."""
        others = [plugin for key, plugin in self.manager.list_name_plugin() if key != self.key]
        return self.manager.subset_hook_caller(hook, others)(**arguments)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What belongs together while one plugin is asked something.

    Args:
        tracker_name: For messages.
        scrub: Hides the credentials that the plugin was given.
        context: None for hooks that talk to nobody.
    """

    hooks: PluginHooks
    origin: Origin
    tracker_name: str
    scrub: Scrubber
    surroundings: Surroundings
    context: TrackerContext | None = None

    def ask(self, hook: str, check: Callable[[Any], T], **arguments: Any) -> T:
        """Turn every outcome of a hook into a checked value or a TrackerError.

        Errors are raised outside of the handlers, so that nothing which might hold a
        secret stays attached to them. What runs into the time limit of its job is an error
        like others, so that it is noted and does not hold up everything behind it.

        Raises:
            TrackerError: what the plugin says of the tracker.
            PluginBug: anything else that it raised, or an answer that ``check`` refused.
            RuntimeError: the host asked while it answers a request, which may not wait.
        """
        if self.surroundings.somebody_waits():
            raise RuntimeError(f"{hook} is to be called in a job, not by a page.")
        if self.context is not None:
            arguments["tracker"] = self.context
        failure: TrackerError
        try:
            return check(self.hooks.call(hook, **arguments))
        except self.surroundings.time_limit:
            failure = TrackerError(
                f"{self.tracker_name} took longer to answer than a job may take. Try again later."
            )
        except TrackerError as error:
            failure = presentable(error, self.scrub)
        except (Exception, SystemExit) as error:
            failure = self._bug(hook, error)
        raise failure

    def _bug(self, hook: str, error: BaseException) -> PluginBug:
        logger.error(
            "Plugin %s %s failed in %s: %s\n%s",
            self.origin.name,
            self.origin.version,
            hook,
            self.scrub(one_line(error)),
            self.scrub("".join(traceback.format_exception(error))),
        )
        if isinstance(error, ContractError):
            return PluginBug(
                f"The {self.tracker_name} plugin gave an answer that Sleuth cannot use: "
                f"{self.scrub(str(error))}. This is a fault of the plugin."
            )
        return PluginBug(
            f"The {self.tracker_name} plugin failed unexpectedly. This is a fault of the plugin, "
            "not of your settings; the log of the server has the details."
        )
