"""The table of settings: one row each, with its default and its meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
"""The checkout; relative paths in settings start here."""


class SettingError(Exception):
    """A setting cannot be used; the message is one sentence for the operator."""


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
    parse: Callable[[str], Any] = str.strip
    key_file: str = ""

    def read(self, value: Any) -> Any:
        """Return what a text stands for; a value that is no text is one already.

        Raises:
            SettingError: The text does not parse.
        """
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except (ValueError, KeyError):
            raise SettingError(f"{self.name} cannot be {value!r}: {self.help}") from None


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
    Setting("SLEUTH_TRACE_PLUGINS", "", "1 logs every call of a plugin's hook.", _flag),
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
        "SLEUTH_WEBHOOK_HOSTS",
        "",
        "Hosts that any organization's webhook may post to though they are not public.",
        _words,
    ),
    Setting(
        "SLEUTH_REQUESTS_PER_SECOND",
        "5",
        "Most requests a second to a tracker for one integration; 0 for no limit.",
        _count,
    ),
    Setting(
        "SLEUTH_DEMO",
        "",
        "1 lets anybody enter as one of the demo's people; ./run demo sets it, nobody else should.",
        _flag,
    ),
)
