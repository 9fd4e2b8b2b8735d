"""Loading plugins one by one, so that a broken one harms nobody else."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from typing import Any

from pluggy import PluginManager, PluginValidationError

from sleuth import __version__, hookspecs
from sleuth.config import plugin_settings
from sleuth.http import AllowedHosts
from sleuth.plugin_api import PluginSetting, TrackerInfo
from sleuth.trackers.answers import is_link
from sleuth.trackers.calls import Origin, PluginHooks
from sleuth.trackers.deprecation import noting_deprecations
from sleuth.trackers.errors import ContractError, LoadError, one_line, shortened
from sleuth.trackers.facade import Tracker
from sleuth.trackers.info import (
    api_version_of,
    check_api_version,
    checked_fields,
    checked_info,
    with_harmless_logo,
)
from sleuth.trackers.registry import LoadFailure, Registry, SkippedPlugin
from sleuth.trackers.sources import Source, find_plugins

logger = logging.getLogger(__name__)


def load(app_config: Mapping[str, Any]) -> Registry:
    """Load every plugin in isolation, without any network.

    Args:
        app_config: ``SLEUTH_PLUGINS_DIR``, ``SLEUTH_DISABLED_PLUGINS``,
            ``SLEUTH_SAFE_MODE`` and ``SLEUTH_OUTBOUND_HOSTS``, and the settings of
            plugins under their full names.

    Returns:
        What became of each of them; nothing is raised for a broken plugin.
    """
    loader = _Loader(app_config)
    for source in find_plugins(app_config.get("SLEUTH_PLUGINS_DIR") or ""):
        reason = _reason_to_skip(source, app_config)
        if reason:
            loader.registry.skipped.append(SkippedPlugin(source.origin, reason))
        else:
            _Attempt(loader, source).run()
    return loader.registry


def load_alone(source: Source, app_config: Mapping[str, Any]) -> Registry:
    """Load a single plugin as :func:`load` loads each of them, for checking it."""
    loader = _Loader(app_config)
    _Attempt(loader, source).run()
    return loader.registry


def _reason_to_skip(source: Source, app_config: Mapping[str, Any]) -> str:
    if source.origin.name in (app_config.get("SLEUTH_DISABLED_PLUGINS") or ()):
        return "It is disabled by SLEUTH_DISABLED_PLUGINS."
    if app_config.get("SLEUTH_SAFE_MODE") and not source.is_bundled:
        return "SLEUTH_SAFE_MODE loads bundled plugins only."
    return ""


class _Loader:
    """What attempts share."""

    def __init__(self, app_config: Mapping[str, Any]) -> None:
        self.manager = PluginManager("sleuth")
        self.manager.add_hookspecs(hookspecs)
        self.registry = Registry()
        self.app_config = app_config
        self.slugs: set[str] = set()


class _Attempt:
    """The attempt to load one plugin; remembers how far it came."""

    def __init__(self, loader: _Loader, source: Source) -> None:
        self.loader = loader
        self.origin = source.origin
        self.source = source
        self.key = f"{source.origin.place}: {source.origin.name}"
        self.name = source.origin.name
        self.api_version: int | None = None
        self.deprecations: list[str] = []

    def run(self) -> None:
        try:
            with noting_deprecations(self.deprecations):
                self._admit()
        except (Exception, SystemExit) as error:
            if self.loader.manager.has_plugin(self.key):
                self.loader.manager.unregister(name=self.key)
            self._record(_sentence(error), error)

    def _admit(self) -> None:
        plugin = self.source.load()
        self._note_version(plugin)
        hooks = self._register(plugin)
        answer = hooks.call("sleuth_tracker_info")
        self.name = shortened(str(getattr(answer, "name", self.name)))
        self.api_version = api_version_of(answer)
        check_api_version(self.api_version)
        info = checked_info(answer, hooks.implemented)
        fields = checked_fields(hooks.call("sleuth_impact_fields"), hooks.implemented)
        self._claim(info.slug)
        settings = plugin_settings(info.slug, info.settings, self.loader.app_config)
        missing = [row for row in info.settings if row.is_required and not settings[row.name]]
        if missing:
            self._skip(info, missing)
            return
        info, notes = with_harmless_logo(info)
        notes = (*notes, *self.deprecations)
        allowed = AllowedHosts(self._hosts(info, settings))
        tracker = Tracker(hooks, self.origin, info, fields, settings, allowed, notes)
        self.loader.registry.trackers[info.slug] = tracker

    def _note_version(self, plugin: object) -> None:
        version = self.origin.version or str(getattr(plugin, "__version__", ""))
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
        return PluginHooks(manager, self.key, implemented)

    def _claim(self, slug: str) -> None:
        if slug in self.loader.slugs:
            raise LoadError(f"Another plugin already has the slug {slug}.")
        self.loader.slugs.add(slug)

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
            "Plugin %s %s (%s) failed to load into Sleuth %s: %s\n%s",
            self.name,
            self.origin.version,
            self.origin.place,
            __version__,
            sentence,
            "".join(traceback.format_exception(error)),
        )
        failure = LoadFailure(self.name, self.origin, self.api_version, sentence)
        self.loader.registry.failures.append(failure)


def _variable(info: TrackerInfo, row: PluginSetting) -> str:
    return f"SLEUTH_{info.slug}_{row.name}".replace("-", "_").upper()


def _sentence(error: BaseException) -> str:
    if isinstance(error, LoadError):
        return str(error)
    if isinstance(error, ContractError):
        return f"It breaks the plugin contract: {error}."
    if isinstance(error, PluginValidationError):
        return f"One of its hooks does not fit: {' '.join(str(error).split()).rstrip('.')}."
    return f"It raised {one_line(error).rstrip('.')}."
