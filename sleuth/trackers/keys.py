"""The keys of the installation: no plugin is handed them, and none gets to print them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from sleuth.redaction import Scrubber

SECRETS = frozenset(
    {
        "SLEUTH_SECRET_KEY",
        "SLEUTH_ENCRYPTION_KEYS",
        "SLEUTH_DATABASE_URL",
        "SLEUTH_REDIS_URL",
    }
)


def without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an environment that plugins may see."""
    return {name: value for name, value in environ.items() if name not in SECRETS}


def scrubber(app_config: Mapping[str, Any]) -> Scrubber:
    """Return what hides the keys in a text, wherever they were set, whole and in part.

    Args:
        app_config: As for :func:`sleuth.trackers.load`.
    """
    return Scrubber(_secrets(app_config))


def _secrets(app_config: Mapping[str, Any]) -> Iterator[str]:
    for name in SECRETS:
        for value in (str(app_config.get(name) or ""), os.environ.get(name, "")):
            yield value
            yield from (each.strip() for each in value.split(","))
            yield _password(value)


def _password(url: str) -> str:
    """Return the password within an address, "" if there is none."""
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""
