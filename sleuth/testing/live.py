"""What an author writes to find out what the documentation of a tracker leaves open.

Live checks are the attribute ``LIVE_CHECKS`` of the module ``live`` in a plugin's folder, or
of ``_NAME_live.py`` beside a plugin's single file ``NAME.py``. ``./run sleuth plugin check
NAME --live`` makes them against the real service and prints a report to be shared.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sleuth.plugin_api import HttpAnswer, TrackerContext

BUDGET = 25
"""Requests that all checks of a plugin make together, unless somebody allows more."""
PAUSE_SECONDS = 0.5
"""Between two of them."""

_MOST_KEYS = 12
_DEPTH = 3
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_()]{0,39}", re.ASCII)
_LONGEST_HEADER = 80


class Verdict(enum.StrEnum):
    """What came of a check."""

    AS_ASSUMED = "as assumed"
    DIFFERS = "differs"
    NOT_FOUND_OUT = "could not be found out"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found.

    Args:
        seen: Statuses, header values, shapes, numbers; a line each. Ids, slugs, names,
            addresses and tokens do not belong here; what slips in is replaced.
        because: Why it could not be found out, as the end of "because …".
        public: Words and numbers from answers that are nobody's and may stand in the report:
            names of scopes or regions, the tracker's own wording of a refusal, a year, a
            moment in seconds. Whole numbers from 1000 on are taken for ids otherwise, and keys
            that the plugin's source does not name for names.
    """

    verdict: Verdict
    seen: tuple[str, ...] = ()
    because: str = ""
    public: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """One question to the real service.

    Args:
        name: Lower case with hyphens; stays the same, so that reports can be compared.
        question: What nobody knows for sure.
        assumed: What the plugin or the documentation takes for granted, and what rests on it.
        look: Finds out. Its client counts requests against a budget and remembers answers,
            so that checks which ask the same cost one request. What it raises means that the
            question could not be answered.
    """

    name: str
    question: str
    assumed: str
    look: Callable[[TrackerContext], Finding]


def finding(is_as_assumed: bool, *seen: str, public: Iterable[str] = ()) -> Finding:
    """Return what was seen, and whether it is what was assumed."""
    verdict = Verdict.AS_ASSUMED if is_as_assumed else Verdict.DIFFERS
    return Finding(verdict, seen, public=tuple(public))


def not_found_out(because: str, *seen: str, public: Iterable[str] = ()) -> Finding:
    """Return why a question remains open.

    Args:
        because: The end of a sentence, without full stop.
    """
    return Finding(Verdict.NOT_FOUND_OUT, seen, because, tuple(public))


def headers_of(answer: HttpAnswer, *names: str) -> list[str]:
    """Return ``Name: value`` of these headers, as far as the answer has them.

    Args:
        names: In any case; they are shown as they are given here.
    """
    there = {name.lower(): value for name, value in answer.headers.items()}
    return [
        f"{name}: {there[name.lower()][:_LONGEST_HEADER]}"
        for name in names
        if name.lower() in there
    ]


def shape_of(value: Any, depth: int = _DEPTH) -> str:
    """Describe a JSON document by its keys and types, without any of its values.

    Args:
        depth: How many levels of objects and lists are described.
    """
    if isinstance(value, dict):
        return _shape_of_object(value, depth)
    if isinstance(value, list):
        inside = f" of {shape_of(value[0], depth - 1)}" if value and depth else ""
        return f"list of {len(value)}" if not inside else f"list ({len(value)}){inside}"
    return _KINDS.get(type(value), "something else")


def _shape_of_object(value: dict[str, Any], depth: int) -> str:
    if not depth:
        return "object"
    parts = [
        f"{key if _KEY.fullmatch(key) else '…'}: {shape_of(part, depth - 1)}"
        for key, part in sorted(value.items())[:_MOST_KEYS]
    ]
    more = len(value) - _MOST_KEYS
    return "{" + ", ".join([*parts, f"and {more} more"] if more > 0 else parts) + "}"


_KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "number",
    float: "number",
    type(None): "null",
}
