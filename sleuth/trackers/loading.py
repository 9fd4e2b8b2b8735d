"""Loading plugins one by one, so that a broken one harms nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sleuth.trackers import record
from sleuth.trackers.admission import Attempt, Loader
from sleuth.trackers.record import Trial
from sleuth.trackers.registry import Registry, SkippedPlugin
from sleuth.trackers.sources import Source, find_plugins
from sleuth.trackers.trial import attempt

AT_ONCE = 4
"""Plugins that are tried at a time."""


def try_plugins(app_config: Mapping[str, Any]) -> dict[str, Trial]:
    """Load what has changed in processes of its own, before the product does.

    Args:
        app_config: As for :func:`load`, and ``SLEUTH_DATA_DIR``, where it is remembered what
            was seen to start.

    Returns:
        What is known of every plugin that will be loaded, by its key; for :func:`load`.
    """
    folder = app_config["SLEUTH_DATA_DIR"]
    known = record.read(folder) or {}
    wanted = list(_wanted(app_config))
    changed = [each for each in wanted if not _is_seen_to_start(each, known)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tried = pool.map(lambda source: attempt(source, app_config), changed)
        trials = {source.key: trial for source, trial in zip(changed, tried, strict=True)}
    if trials or not known:
        record.add(folder, trials)
    return {each.key: trials.get(each.key) or known[each.key] for each in wanted}


def _is_seen_to_start(source: Source, known: Mapping[str, Trial]) -> bool:
    trial = known.get(source.key)
    return trial is not None and not trial.fatal and trial.digest == record.digest_of(source)


def load(app_config: Mapping[str, Any], trials: Mapping[str, Trial] | None = None) -> Registry:
    """Load every plugin in isolation, without any network.

    Where plugins are tried first, one that nobody has tried since it changed is tried now.

    Args:
        app_config: ``SLEUTH_PLUGINS_DIR``, ``SLEUTH_DISABLED_PLUGINS``,
            ``SLEUTH_SAFE_MODE`` and ``SLEUTH_OUTBOUND_HOSTS``, and the settings of
            plugins under their full names.
        trials: What :func:`try_plugins` returned; by default what the data directory holds.

    Returns:
        What became of each of them; nothing is raised for a broken plugin.
    """
    folder = app_config.get("SLEUTH_DATA_DIR") or ""
    known = record.read(folder) if trials is None and folder else trials
    loader = Loader(app_config, known)
    for source in find_plugins(app_config.get("SLEUTH_PLUGINS_DIR") or ""):
        reason = _reason_to_skip(source, app_config)
        if reason:
            loader.registry.skipped.append(SkippedPlugin(source.origin, reason))
        else:
            Attempt(loader, source).run()
    return loader.registry


def load_alone(
    source: Source, app_config: Mapping[str, Any], settings: Mapping[str, str] | None = None
) -> Registry:
    """Load a single plugin as :func:`load` loads each of them, for checking it.

    Args:
        settings: Of the plugin, by their own names; they win over those in ``app_config``.
    """
    loader = Loader(app_config, settings=settings)
    Attempt(loader, source).run()
    return loader.registry


def load_one(app_config: Mapping[str, Any], key: str, say: Callable[[str], None]) -> None:
    """Load the plugin of one key and no other, in a process that it may do harm to.

    Args:
        say: Told what is done next.
    """
    loader = Loader(app_config)
    for source in _wanted(app_config):
        if source.key == key:
            Attempt(loader, source, say).run()


def _wanted(app_config: Mapping[str, Any]) -> Iterable[Source]:
    found = find_plugins(app_config.get("SLEUTH_PLUGINS_DIR") or "")
    return (source for source in found if not _reason_to_skip(source, app_config))


def _reason_to_skip(source: Source, app_config: Mapping[str, Any]) -> str:
    if source.origin.name in (app_config.get("SLEUTH_DISABLED_PLUGINS") or ()):
        return "It is disabled by SLEUTH_DISABLED_PLUGINS."
    if app_config.get("SLEUTH_SAFE_MODE") and not source.is_bundled:
        return "SLEUTH_SAFE_MODE loads bundled plugins only."
    return ""
