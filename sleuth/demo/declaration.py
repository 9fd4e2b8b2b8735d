"""What the demo knows of its tracker: declared beside a plugin's stand-in, in ``demo.toml``.

Read as a file, because neither the web server nor anything else of the host imports a
plugin's stand-in. The standard library is enough for it: the supervisor reads it, too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sleuth.config import ROOT, SettingError

PLACE = "plugins/*/sandbox/demo.toml"


@dataclass(frozen=True, slots=True)
class Situation:
    """One button of the page.

    Args:
        name: What the stand-in calls it.
        seen: What the product shows, and how soon.
        lasts: How long until it ends by itself.
    """

    name: str
    title: str
    seen: str
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Group:
    """Situations that concern the same thing."""

    title: str
    situations: tuple[Situation, ...]


@dataclass(frozen=True, slots=True)
class DemoTracker:
    """The tracker of the demo and its stand-in.

    Args:
        provider: Slug of the plugin.
        name: What people call the tracker.
        stands_in_for: What people call the service that the stand-in pretends to be.
        module: Run with ``--port PORT``, it is the stand-in.
        ports: How many ports in a row it takes.
        url_setting: The plugin's setting that holds the stand-in's address.
        credentials: With which the demo connects, by the plugin's names for them.
        tokens: What can be pasted into Replace token, and what comes of it.
    """

    provider: str
    name: str
    stands_in_for: str
    module: str
    ports: int
    url_setting: str
    credentials: Mapping[str, str]
    groups: tuple[Group, ...]
    tokens: tuple[tuple[str, str], ...]

    @property
    def situations(self) -> dict[str, Situation]:
        """What can be switched on, by name."""
        return {each.name: each for group in self.groups for each in group.situations}


@cache
def current() -> DemoTracker:
    """Return what the first bundled plugin declares that brings a stand-in for the demo.

    Raises:
        SettingError: none does, or its file cannot be read.
    """
    found = sorted(ROOT.glob(PLACE))
    if not found:
        raise SettingError(f"There is no demo: no plugin brings a stand-in ({PLACE}).")
    return read(found[0])


def read(path: Path) -> DemoTracker:
    """Return what a file declares.

    Raises:
        SettingError: it is missing, or something is missing in it.
    """
    try:
        return _declared(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError, LookupError) as error:
        raise SettingError(f"{path} does not declare a demo: {error!r}.") from None


def _declared(document: dict[str, Any]) -> DemoTracker:
    groups = [
        Group(row["title"], tuple(map(_situation, row["situations"]))) for row in document["groups"]
    ]
    tokens = [(row["value"], row["words"]) for row in document["tokens"]]
    return DemoTracker(**{**document, "groups": tuple(groups), "tokens": tuple(tokens)})


def _situation(row: dict[str, Any]) -> Situation:
    lasts = timedelta(minutes=row["minutes"])
    return Situation(row["name"], row["title"], row["seen"].strip(), lasts)
