"""Loading plugins one by one, so that a broken one harms nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sleuth import clock
from sleuth.trackers import record
from sleuth.trackers.admission import Attempt, Loader
from sleuth.trackers.record import Trial
from sleuth.trackers.registry import Registry, SkippedPlugin
from sleuth.trackers.sources import Source, find_plugins
from sleuth.trackers.trial import attempt

AT_ONCE = 4
"""Plugins that are tried at a time."""

FATAL_SECONDS = 60.0
"""How long a plugin that did harm is believed to do it again: what hung may have hung because
the machine was busy, and the processes of one start should agree all the same."""


def try_plugins(app_config: Mapping[str, Any]) -> dict[str, Trial]:
    """Load what has changed, or did harm, in processes of its own, before the product does.

    Args:
        app_config: As for :func:`load`, and ``SLEUTH_DATA_DIR``, where it is remembered what
            was seen to start.

    Returns:
        What is known of every plugin that will be loaded, by its key; for :func:`load`.
    """
    return _tried(app_config, fatal_seconds=0)


def load(app_config: Mapping[str, Any], trials: Mapping[str, Trial] | None = None) -> Registry:
    """Load every plugin in isolation, without any network.

    Where there is a ``SLEUTH_DATA_DIR``, whether or not it can be written, and it is not
    ``TESTING``, those of which it is not remembered that they start are tried first.

    Args:
        app_config: ``SLEUTH_PLUGINS_DIR``, ``SLEUTH_DISABLED_PLUGINS``,
            ``SLEUTH_SAFE_MODE`` and ``SLEUTH_OUTBOUND_HOSTS``, and the settings of
            plugins under their full names.
        trials: What :func:`try_plugins` returned; by default what the data directory holds,
            but for what did harm more than a minute ago.

    Returns:
        What became of each of them; nothing is raised for a broken plugin.
    """
    if trials is None and app_config.get("SLEUTH_DATA_DIR") and not app_config.get("TESTING"):
        trials = _tried(app_config, FATAL_SECONDS)
    loader = Loader(app_config, trials)
    for source in find_plugins(app_config.get("SLEUTH_PLUGINS_DIR") or ""):
        reason = _reason_to_skip(source, app_config)
        if reason:
            loader.registry.skipped.append(SkippedPlugin(source.origin, reason))
        else:
            Attempt(loader, source).run()
    return loader.registry


def _tried(app_config: Mapping[str, Any], fatal_seconds: float) -> dict[str, Trial]:
    folder = app_config["SLEUTH_DATA_DIR"]
    known = record.read(folder)
    wanted: dict[str, Source] = {}
    for source in _wanted(app_config):
        wanted.setdefault(source.key, source)
    doubtful = [
        source
        for key, source in wanted.items()
        if key not in known or not _is_believed(known[key], source, fatal_seconds)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tried = list(pool.map(lambda source: attempt(source, app_config), doubtful))
    trials = {source.key: trial for source, trial in zip(doubtful, tried, strict=True)}
    if trials:
        record.add(folder, trials)
    return {key: trials.get(key) or known[key] for key in wanted}


def _is_believed(trial: Trial, source: Source, fatal_seconds: float) -> bool:
    age = clock.now().timestamp() - trial.tried_at
    is_recent = not trial.fatal or 0 <= age < fatal_seconds
    return is_recent and trial.digest == record.digest_of(source)


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


def load_one(app_config: Mapping[str, Any], key: str, say: Callable[[str], None]) -> Registry:
    """Load the plugin of one key and no other, in a process that it may do harm to.

    Args:
        say: Told what is done next.

    Returns:
        What became of it.
    """
    loader = Loader(app_config)
    for source in _wanted(app_config):
        if source.key == key:
            Attempt(loader, source, say).run()
    return loader.registry


def _wanted(app_config: Mapping[str, Any]) -> Iterable[Source]:
    found = find_plugins(app_config.get("SLEUTH_PLUGINS_DIR") or "")
    return (source for source in found if not _reason_to_skip(source, app_config))


def _reason_to_skip(source: Source, app_config: Mapping[str, Any]) -> str:
    if source.origin.name in (app_config.get("SLEUTH_DISABLED_PLUGINS") or ()):
        return "It is disabled by SLEUTH_DISABLED_PLUGINS."
    if app_config.get("SLEUTH_SAFE_MODE") and not source.is_bundled:
        return "SLEUTH_SAFE_MODE loads bundled plugins only."
    return ""
