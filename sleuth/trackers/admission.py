"""Admitting one plugin: imported, registered, asked who it is, and checked at every step."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from pluggy import PluginManager

from sleuth import __version__, hookspecs
from sleuth.config import plugin_settings
from sleuth.http import AllowedHosts
from sleuth.plugin_api import ImpactField, PluginSetting, TrackerInfo
from sleuth.text import clean
from sleuth.trackers import keys
from sleuth.trackers.answers import is_link
from sleuth.trackers.calls import Origin, PluginHooks
from sleuth.trackers.capture import captured
from sleuth.trackers.deprecation import noting_deprecations
from sleuth.trackers.errors import LoadError, shortened
from sleuth.trackers.facade import Tracker
from sleuth.trackers.info import (
    api_version_of,
    check_api_version,
    checked_fields,
    checked_info,
    with_harmless_logo,
)
from sleuth.trackers.reasons import why_not
from sleuth.trackers.record import Trial
from sleuth.trackers.registry import LoadFailure, Registry, SkippedPlugin
from sleuth.trackers.sizes import require_size
from sleuth.trackers.sources import Source
from sleuth.trackers.tidy import tidied
from sleuth.trackers.tracing import Trace
from sleuth.trackers.unchanged import unchanged

logger = logging.getLogger(__name__)


class Loader:
    """What attempts share.

    Args:
        app_config: As for :func:`sleuth.trackers.load`.
        trials: What is known of plugins by key; None where they are not tried first.
        settings: Of the one plugin that is loaded, by their own names, before the operator's.
    """

    def __init__(
        self,
        app_config: Mapping[str, Any],
        trials: Mapping[str, Trial] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.manager = PluginManager("sleuth")
        self.manager.add_hookspecs(hookspecs)
        self.registry = Registry()
        self.app_config = app_config
        self.slugs: dict[str, Origin] = {}
        self.scrub = keys.scrubber(app_config)
        self.keys: set[str] = set()
        self._trials = trials
        self._settings = settings or {}

    def settings_of(self, info: TrackerInfo) -> dict[str, str]:
        """Return every setting that a plugin declares, by its own name."""
        read = plugin_settings(info.slug, info.settings, self.app_config)
        return {name: self._settings.get(name, "").strip() or text for name, text in read.items()}

    def trial_of(self, source: Source) -> Trial:
        """Return what came of trying a plugin."""
        if self._trials is None:
            return Trial("")
        came_late = "It was added while Sleuth started, and has not been tried; start again."
        return self._trials.get(source.key) or Trial("", came_late)


class Attempt:
    """The attempt to load one plugin; remembers how far it came.

    Args:
        say: Told what is done next.
    """

    def __init__(
        self, loader: Loader, source: Source, say: Callable[[str], None] = lambda _step: None
    ) -> None:
        self.loader = loader
        self.origin = source.origin
        self.source = source
        self.say = say
        self.key = source.key
        self.name = source.origin.name
        self.api_version: int | None = None
        self.notes: list[str] = []

    def run(self) -> None:
        """Load it, or record why not."""
        try:
            with (
                captured(self.origin.name, self.loader.scrub),
                noting_deprecations(self.notes),
            ):
                self._admit()
        except (Exception, SystemExit) as error:
            self._record(shortened(self.loader.scrub(why_not(error, self.source.files()))), error)

    def _admit(self) -> None:
        trial = self.loader.trial_of(self.source)
        if trial.fatal:
            raise LoadError(trial.fatal)
        self.notes.extend(trial.notes)
        self._claim_key()
        try:
            with unchanged(self.notes):
                hooks, info, fields = self._meet()
            self._accept(hooks, info, fields)
        except (Exception, SystemExit):
            if self.loader.manager.has_plugin(self.key):
                self.loader.manager.unregister(name=self.key)
            raise

    def _meet(self) -> tuple[PluginHooks, TrackerInfo, tuple[ImpactField, ...]]:
        """Run everything of the plugin that is ever run while it is loaded."""
        self.say("being imported")
        plugin = self.source.load()
        self._note_version(plugin)
        self.say("being registered")
        hooks = self._register(plugin)
        answer = self._ask(hooks, "sleuth_tracker_info")
        self.name = shortened(str(getattr(answer, "name", self.name)))
        self.api_version = api_version_of(answer)
        check_api_version(self.api_version)
        info = tidied(checked_info(answer, hooks.implemented))
        fields = tidied(checked_fields(self._ask(hooks, "sleuth_impact_fields"), hooks.implemented))
        return hooks, info, fields

    def _accept(
        self, hooks: PluginHooks, info: TrackerInfo, fields: tuple[ImpactField, ...]
    ) -> None:
        self._claim(info.slug)
        settings = self.loader.settings_of(info)
        missing = [row for row in info.settings if row.is_required and not settings[row.name]]
        if missing:
            self._skip(info, missing)
            return
        info, notes = with_harmless_logo(info)
        allowed = AllowedHosts(self._hosts(info, settings))
        notes = (*notes, *self.notes)
        tracker = Tracker(hooks, self.origin, info, fields, settings, allowed, notes)
        self.loader.registry.trackers[info.slug] = tracker

    def _ask(self, hooks: PluginHooks, hook: str) -> Any:
        self.say(f"being asked {hook}")
        plugin = f"{self.origin.name} {self.origin.version}".strip()
        is_traced = bool(self.loader.app_config.get("SLEUTH_TRACE_PLUGINS"))
        trace = Trace(plugin, hook, {}, self.loader.scrub, is_traced)
        try:
            answer = hooks.call(hook)
        except BaseException as error:
            trace.failed(error)
            raise
        trace.answered(answer)
        require_size(answer, f"the answer of {hook}")
        return answer

    def _note_version(self, plugin: object) -> None:
        version = self.origin.version or shortened(str(getattr(plugin, "__version__", "")))
        self.origin = Origin(self.origin.name, self.origin.place, version)

    def _register(self, plugin: object) -> PluginHooks:
        hash(plugin)
        manager = self.loader.manager
        manager.register(plugin, name=self.key)
        manager.check_pending()
        implemented = frozenset(hook.name for hook in manager.get_hookcallers(plugin) or ())
        missing = [name for name in hookspecs.REQUIRED if name not in implemented]
        if missing:
            hint = " Is @hookimpl missing?" if hasattr(plugin, missing[0]) else ""
            raise LoadError(f"It does not implement {', '.join(missing)}.{hint}")
        known = [name for name in vars(hookspecs) if name.startswith("sleuth_")]
        self.notes += [
            f"{name} is never called: @hookimpl is missing."
            for name in known
            if name not in implemented and hasattr(plugin, name)
        ]
        return PluginHooks(manager, self.key, implemented)

    def _claim_key(self) -> None:
        if self.key in self.loader.keys:
            raise LoadError(
                f"Another plugin there has the same name: {self.origin.name} is both a folder "
                "and a file, or is declared twice."
            )
        self.loader.keys.add(self.key)

    def _claim(self, slug: str) -> None:
        owner = self.loader.slugs.setdefault(slug, self.origin)
        if owner is not self.origin:
            raise LoadError(
                f"Another plugin already has the slug {slug}: {owner.name} ({owner.place})."
            )

    def _skip(self, info: TrackerInfo, missing: list[PluginSetting]) -> None:
        names = ", ".join(_variable(info, row) for row in missing)
        reason = f"It waits for {names} to be set."
        self.loader.registry.skipped.append(SkippedPlugin(self.origin, reason))

    def _hosts(self, info: TrackerInfo, settings: Mapping[str, str]) -> list[str]:
        addresses = [settings[row.name] for row in info.settings if row.is_url]
        for row in info.settings:
            value = settings[row.name]
            if row.is_url and value and not is_link(value):
                raise LoadError(f"{_variable(info, row)} is not an absolute http(s) URL.")
        further = self.loader.app_config.get("SLEUTH_OUTBOUND_HOSTS") or ()
        return [*addresses, *info.hosts, *further]

    def _record(self, sentence: str, error: BaseException) -> None:
        logger.error(
            "Plugin %s (%s) failed to load into Sleuth %s: %s\n%s",
            f"{self.name} {self.origin.version}".strip(),
            self.origin.place,
            __version__,
            sentence,
            clean(self.loader.scrub("".join(traceback.format_exception(error)))),
        )
        failure = LoadFailure(self.name, self.origin, self.api_version, sentence)
        self.loader.registry.failures.append(failure)


def _variable(info: TrackerInfo, row: PluginSetting) -> str:
    return f"SLEUTH_{info.slug}_{row.name}".replace("-", "_").upper()
