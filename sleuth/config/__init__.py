"""The settings, read from ``SLEUTH_*`` environment variables.

Nothing but the standard library is imported here, because the supervisor
(:mod:`sleuth.serve`) reads the settings too and has to stay small.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sleuth.config.keys import create_keys, create_once, read_key
from sleuth.config.table import ROOT, SETTINGS, Setting, SettingError

if TYPE_CHECKING:
    from sleuth.plugin_api import PluginSetting

__all__ = [
    "ROOT",
    "SETTINGS",
    "Setting",
    "SettingError",
    "create_keys",
    "create_once",
    "database_url",
    "load",
    "plugin_settings",
    "queue_socket",
    "redis_url",
]

PREFIX = "SLEUTH_"
LARGEST_BODY = 2 * 1024 * 1024
"""Of any request; strangers may not fill memory or disk."""
SOCKET_PATH_LIMIT = 100
"""Longest path of a Unix socket that every system accepts (Linux 107, macOS 103)."""
_PLAIN_PATH = re.compile(r"[\w./+-]+", re.ASCII)


def load(environ: Mapping[str, str], overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Read every setting, and derive what Flask and its extensions call the same things.

    Args:
        environ: Environment variables; those that begin with ``SLEUTH_`` but are no row
            of the table are kept as text, for :func:`plugin_settings`.
        overrides: Values that win over the environment, of any name.

    Returns:
        Values by full name. A key that is neither set nor in its file is empty.

    Raises:
        SettingError: A value does not parse, or a key file cannot be read.
    """
    overrides = overrides or {}
    raw = {name: text for name, text in environ.items() if name.startswith(PREFIX)}
    values: dict[str, Any] = {**raw, **overrides}
    for row in SETTINGS:
        values[row.name] = row.read(values.get(row.name) or row.default)
    for row in SETTINGS:
        if row.key_file and not values[row.name]:
            values[row.name] = row.read(read_key(Path(values["SLEUTH_DATA_DIR"], row.key_file)))
    return {**_flask_settings(values), **values}


def _flask_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "SECRET_KEY": values["SLEUTH_SECRET_KEY"],
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "SQLALCHEMY_DATABASE_URI": database_url(values),
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True},  # errors end up in logs
        "SESSION_COOKIE_SECURE": values["SLEUTH_PUBLIC_URL"].startswith("https://"),
        "TRUSTED_HOSTS": list(values["SLEUTH_TRUSTED_HOSTS"]) or None,
        "RATELIMIT_STORAGE_URI": limits_url(redis_url(values)),
        "RATELIMIT_STORAGE_OPTIONS": {
            "secret": values["SLEUTH_SECRET_KEY"],
            "socket_connect_timeout": 0.5,
            "socket_timeout": 0.5,
        },
    }


SHARED = "shared+"
"""Begins the address of what counts in the queue server and beside it."""


def limits_url(redis: str) -> str:
    """Return where attempts are counted, see :mod:`sleuth.rate_limits`."""
    scheme, _, rest = redis.partition("://")
    return f"{SHARED}{'redis+unix' if scheme == 'unix' else scheme}://{rest}"


def database_url(values: Mapping[str, Any]) -> str:
    """Return the SQLAlchemy URL; PostgreSQL goes through psycopg 3."""
    url = str(values["SLEUTH_DATABASE_URL"])
    if not url:
        return f"sqlite:///{values['SLEUTH_DATA_DIR']}/sleuth.sqlite3"
    scheme, separator, rest = url.partition("://")
    if scheme in {"postgresql", "postgres"}:
        return f"postgresql+psycopg{separator}{rest}"
    return url


def redis_url(values: Mapping[str, Any]) -> str:
    """Return the queue's URL: the operator's, or the socket of our own server."""
    return str(values["SLEUTH_REDIS_URL"]) or f"unix://{quote(str(queue_socket(values)))}?db=0"


def queue_socket(values: Mapping[str, Any]) -> Path:
    """Return where our own queue server listens.

    The data directory unless that path is too long for a socket, or has characters that
    URLs or the queue server's lists of clients give a meaning (a space, for one); then a
    directory of this user's in the temporary directory, named after the data directory.
    """
    socket = Path(values["SLEUTH_DATA_DIR"]) / "queue" / "queue.sock"
    is_short = len(os.fsencode(socket)) <= SOCKET_PATH_LIMIT
    if is_short and _PLAIN_PATH.fullmatch(str(socket)):
        return socket
    digest = hashlib.sha256(os.fsencode(socket)).hexdigest()[:12]
    base = tempfile.gettempdir()
    if len(os.fsencode(base)) > SOCKET_PATH_LIMIT // 2:
        base = "/tmp"  # noqa: S108 -- the directory below it is private
    return Path(base) / f"sleuth-{os.getuid()}-{digest}" / "queue.sock"


def plugin_settings(
    slug: str, declared: Iterable[PluginSetting], environ: Mapping[str, Any]
) -> dict[str, str]:
    """Read one plugin's settings from ``SLEUTH_<SLUG>_<NAME>``.

    Args:
        slug: The plugin's slug; hyphens are underscores in the variable's name.
        declared: The rows of ``TrackerInfo.settings``.
        environ: Environment variables, or an ``app.config`` made by :func:`load`.

    Returns:
        Every declared setting by its own name.
    """
    prefix = f"{PREFIX}{slug}_".replace("-", "_").upper()
    return {
        row.name: environ.get(prefix + row.name.replace("-", "_").upper(), "").strip()
        or row.default
        for row in declared
    }
