"""The settings: one table, read from ``SLEUTH_*`` environment variables.

Nothing but the standard library is imported here, because the supervisor
(:mod:`sleuth.serve`) reads the settings too and has to stay small.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sleuth.plugin_api import PluginSetting

ROOT = Path(__file__).resolve().parent.parent
"""The checkout; relative paths in settings start here."""

PREFIX = "SLEUTH_"
SOCKET_PATH_LIMIT = 100
"""Longest path of a Unix socket that every system accepts (Linux 107, macOS 103)."""


class SettingError(Exception):
    """A setting cannot be used; the message is one sentence for the operator."""


def _text(value: str) -> str:
    return value.strip()


def _keys(value: str) -> str:
    return ",".join(_words(value))


def _words(value: str) -> tuple[str, ...]:
    return tuple(value.replace(",", " ").split())


def _port(value: str) -> int:
    port = int(value)
    if not 0 <= port <= 65535:
        raise ValueError(value)
    return port


def _count(value: str) -> int:
    count = int(value)
    if count < 0:
        raise ValueError(value)
    return count


def _flag(value: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"": False, "0": False, "false": False, "no": False, "off": False}
    return words[value.strip().lower()]


def _path(value: str) -> str:
    return str(ROOT / Path(value.strip()).expanduser())


def _url(value: str) -> str:
    return value.strip().rstrip("/")


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table.

    Args:
        name: Full name, in the environment and in ``app.config``.
        default: What an unset or empty variable means, as it would be written there.
        help: One line for the operator.
        parse: Turns the text into the value; raises ValueError or KeyError.
        key_file: Where the value comes from when unset: a file in the data directory.
    """

    name: str
    default: str
    help: str
    parse: Callable[[str], Any] = _text
    key_file: str = ""


SETTINGS: tuple[Setting, ...] = (
    Setting("SLEUTH_HOST", "127.0.0.1", "Address the web server listens on."),
    Setting("SLEUTH_PORT", "8000", "Port the web server listens on; 0 takes a free one.", _port),
    Setting("SLEUTH_DATA_DIR", "var", "Folder of database, keys and queue data.", _path),
    Setting(
        "SLEUTH_PUBLIC_URL",
        "",
        "Address users reach, shown in commands and notices; cookies are Secure if it is https.",
        _url,
    ),
    Setting(
        "SLEUTH_DATABASE_URL",
        "",
        "postgresql://… or sqlite:///…; empty means a SQLite file in the data directory.",
    ),
    Setting(
        "SLEUTH_REDIS_URL",
        "",
        "redis://… or unix://…; empty means a queue server that ./run starts itself.",
    ),
    Setting(
        "SLEUTH_SECRET_KEY",
        "",
        "Signs sessions and forms; empty means the file secret-key in the data directory.",
        key_file="secret-key",
    ),
    Setting(
        "SLEUTH_ENCRYPTION_KEYS",
        "",
        "Fernet keys of stored credentials, the first encrypts; empty means the file "
        "encryption-keys in the data directory.",
        _keys,
        key_file="encryption-keys",
    ),
    Setting("SLEUTH_PLUGINS_DIR", "plugins", "Folder of further tracker plugins.", _path),
    Setting(
        "SLEUTH_DISABLED_PLUGINS",
        "",
        "Names of plugins not to load: of their file, folder or entry point.",
        _words,
    ),
    Setting("SLEUTH_SAFE_MODE", "", "1 loads the bundled plugins only.", _flag),
    Setting(
        "SLEUTH_TRUSTED_HOSTS",
        "",
        "Host names that requests may be addressed to; empty means any.",
        _words,
    ),
    Setting(
        "SLEUTH_TRUSTED_PROXIES",
        "0",
        "How many reverse proxies stand in front and set X-Forwarded-For, -Proto and -Host.",
        _count,
    ),
    Setting(
        "SLEUTH_OUTBOUND_HOSTS",
        "",
        "Further hosts that plugins may call; those named in any setting are allowed anyway.",
        _words,
    ),
    Setting(
        "SLEUTH_DEMO",
        "",
        "1 lets anybody enter as one of the demo's people; ./run demo sets it, nobody else should.",
        _flag,
    ),
)


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
        values[row.name] = _parse(row, values.get(row.name) or row.default)
    for row in SETTINGS:
        if row.key_file and not values[row.name]:
            values[row.name] = row.parse(_read_key(Path(values["SLEUTH_DATA_DIR"], row.key_file)))
    return {**_flask_settings(values), **values}


def _flask_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "SECRET_KEY": values["SLEUTH_SECRET_KEY"],
        "SQLALCHEMY_DATABASE_URI": database_url(values),
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True},  # errors end up in logs
        "SESSION_COOKIE_SECURE": values["SLEUTH_PUBLIC_URL"].startswith("https://"),
        "TRUSTED_HOSTS": list(values["SLEUTH_TRUSTED_HOSTS"]) or None,
        **_rate_limits(values["SLEUTH_REDIS_URL"]),
    }


def _rate_limits(operators_redis: str) -> dict[str, Any]:
    """Count attempts where every web process sees them, or in the only one there is."""
    if not operators_redis:
        return {"RATELIMIT_STORAGE_URI": "memory://"}
    scheme, _, rest = operators_redis.partition("://")
    return {
        "RATELIMIT_STORAGE_URI": f"{'redis+unix' if scheme == 'unix' else scheme}://{rest}",
        "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_SWALLOW_ERRORS": True,
    }


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
    return str(values["SLEUTH_REDIS_URL"]) or f"unix://{queue_socket(values)}?db=0"


def queue_socket(values: Mapping[str, Any]) -> Path:
    """Return where our own queue server listens.

    The data directory unless that path is too long for a socket; then a directory of
    this user's in the temporary directory, named after the data directory.
    """
    socket = Path(values["SLEUTH_DATA_DIR"]) / "queue" / "queue.sock"
    if len(os.fsencode(socket)) <= SOCKET_PATH_LIMIT:
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


def create_keys(data_dir: Path) -> None:
    """Create the data directory and the key files that are missing.

    Safe when several processes do it at once: a file appears complete or not at all,
    and whoever comes second keeps what is there.

    Raises:
        OSError: The directory cannot be written.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_once(data_dir / "secret-key", secrets.token_urlsafe(48))
    create_once(data_dir / "encryption-keys", _new_fernet_key())


def create_once(path: Path, text: str) -> None:
    """Write a file nobody else may read, unless it exists (a hard link is atomic).

    Raises:
        OSError: The directory cannot be written.
    """
    if path.exists():
        return
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        Path(path).hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()


def _parse(row: Setting, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return row.parse(value)
    except (ValueError, KeyError):
        raise SettingError(f"{row.name} cannot be {value!r}: {row.help}") from None


def _read_key(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        raise SettingError(f"The key file {path} cannot be read: {error}.") from None


def _new_fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")
