"""What an author writes beside a plugin, so that it can be tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from sleuth.plugin_api import ImpactConfig

Clock = Callable[[], datetime]


def _only_its_address(url: str) -> Mapping[str, str]:
    return {"url": url}


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A plugin's fake tracker, and what is true there.

    It is the attribute ``SANDBOX`` of the module ``sandbox`` in a plugin's folder, or of
    ``_NAME_sandbox.py`` beside a plugin's single file ``NAME.py``.

    Args:
        serve: Given a clock, serves the fake tracker on loopback while the context lasts;
            yields its base URL. It goes by that clock and by no other. Hosts that the
            plugin declares are answered by it, too.
        credentials: That work, by name.
        refused: Credentials that do not, by what is wrong with them: ``unknown`` always,
            ``expired`` and ``under_scoped`` where the tracker has such a thing.
        count: The truth: how many errors of a configuration happened in the bucket that
            starts at an instant, as far as the tracker knows by the clock's time.
        configs: What may be measured: two or more, so that there are pairs which differ in
            nothing but the project, and in nothing but the environment. ``attributes`` may
            be left out: they are taken from the list of projects.
        settings: The operator's settings by name, given the base URL.
        many_credentials: Credentials that see more than 100 projects, if there are any.
        many_projects: How many projects those see.
    """

    serve: Callable[[Clock], AbstractContextManager[str]]
    credentials: Mapping[str, str]
    refused: Mapping[str, Mapping[str, str]]
    count: Callable[[ImpactConfig, datetime], int]
    configs: tuple[ImpactConfig, ...]
    settings: Callable[[str], Mapping[str, str]] = _only_its_address
    many_credentials: Mapping[str, str] = field(default_factory=dict)
    many_projects: int = 0
