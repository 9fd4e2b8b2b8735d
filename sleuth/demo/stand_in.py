"""Orders to the stand-in for the tracker: what it is to pretend; for jobs only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import requests
from flask import current_app

from sleuth.demo import declaration

SECONDS = 10
Incident = dict[str, Any]


class StandInError(Exception):
    """The stand-in does not do as it is told."""


def begin_anew(incidents: Iterable[Incident]) -> None:
    """Make the stand-in forget everything but these incidents."""
    _call("POST", "reset", {})
    _call("POST", "incidents", list(incidents))


def remind(incidents: Iterable[Incident]) -> bool:
    """Name those incidents again that the stand-in has forgotten by being restarted.

    Returns:
        Whether it knew none at all.
    """
    known = {_key(each) for each in _call("GET", "incidents")}
    forgotten = [each for each in incidents if _key(each) not in known]
    if forgotten:
        _call("POST", "incidents", forgotten)
    return not known


def situations() -> list[dict[str, Any]]:
    """Return the situations that are on: ``name``, ``since``, ``until``, ISO 8601."""
    return list(_call("GET", "situations"))


def begin_situations(wanted: list[dict[str, str]]) -> None:
    """Switch situations on, each given as :func:`situations` returns them."""
    if wanted:
        _call("POST", "situations", wanted)


def end_situation(name: str) -> None:
    """Switch a situation off, if it is on."""
    _call("POST", "restore", {"name": name})


def _key(incident: Incident) -> tuple[Any, ...]:
    start = datetime.fromisoformat(incident["start"]).timestamp()
    return (incident["project"], incident["environment"], start, incident["minutes"])


def _call(method: str, order: str, body: Any = None) -> Any:
    tracker = declaration.current()
    name = f"The stand-in for {tracker.stands_in_for}"
    url = f"{current_app.config[tracker.url_setting]}/__sandbox__/{order}"
    try:
        answer = requests.request(method, url, json=body, timeout=SECONDS, allow_redirects=False)
        document = answer.json()
    except requests.RequestException as error:
        raise StandInError(f"{name} does not answer at {url}.") from error
    if answer.status_code != requests.codes.ok:
        raise StandInError(f"{name} refused {order}: {document}")
    return document
