"""One line of the log for each call of a hook, for whoever writes a plugin."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sleuth.plugin_api import CountSeries, ImpactConfig, TrackerContext, TrackerError
from sleuth.trackers.errors import one_line, shortened

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trace:
    """One call.

    Args:
        plugin: Name and version.
        scrub: Hides secrets in a text.
        is_wanted: Whether the operator has set SLEUTH_TRACE_PLUGINS.
    """

    plugin: str
    hook: str
    arguments: Mapping[str, Any]
    scrub: Callable[[str], str]
    is_wanted: bool
    began_at: float = field(default_factory=time.monotonic)

    def answered(self, answer: Any) -> None:
        """Log what came back, by kind and size."""
        self._log(_kind(answer))

    def failed(self, error: BaseException) -> None:
        """Log what was raised."""
        if type(error) is TrackerError:  # others may lack what it has
            self._log(f"TrackerError ({error.reason}): {error.message}")
        else:
            self._log(f"a bug, {one_line(error)}")

    def _log(self, outcome: str) -> None:
        if not self.is_wanted:
            return
        given = ", ".join(
            f"{name}={_brief(value)}"
            for name, value in self.arguments.items()
            if not isinstance(value, TrackerContext)
        )
        logger.info(
            "Hook %s of %s(%s) took %.0f ms: %s",
            self.hook,
            shortened(self.plugin),
            shortened(self.scrub(given)),
            1000 * (time.monotonic() - self.began_at),
            shortened(self.scrub(outcome)),
        )


def _brief(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, ImpactConfig):
        environment = "all" if value.environment is None else repr(value.environment)
        return f"{value.org_key}/{value.project_key} in {environment}"
    return repr(value)


def _kind(answer: Any) -> str:
    name = type(answer).__name__
    if isinstance(answer, CountSeries):
        return f"{name} with {len(answer.points)} points until {_brief(answer.complete_until)}"
    if isinstance(answer, list):
        of = f" of {type(answer[0]).__name__}" if answer else ""
        return f"list{of} with {len(answer)} items"
    if hasattr(answer, "ok"):
        return f"{name} with ok={answer.ok!r}"
    return name
