"""Refusing answers that are larger than any tracker needs, before anything of them is read."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from sleuth.plugin_api import CountSeries
from sleuth.trackers.errors import ContractError

MOST_ITEMS = 500_000
"""Of all lists of an answer together: some ten thousand projects with all they have."""

MOST_POINTS = 200_000
"""More than four months of minutes; the host asks for five thousand at a time."""

MOST_CHARACTERS = 20_000_000


def require_size(answer: Any, what: str) -> None:
    """Refuse an answer that is too large; what is no plain data is left to the check of types.

    Args:
        what: How to call the answer in the error.

    Raises:
        ContractError: it is larger than any tracker needs.
    """
    if type(answer) is CountSeries:
        _insist(_length(answer.points) <= MOST_POINTS, f"{what} has more than {MOST_POINTS} points")
        return
    items = characters = 0
    waiting = [answer]
    while waiting:
        value = waiting.pop()
        if type(value) is str:
            characters += len(value)
            _insist(characters <= MOST_CHARACTERS, f"{what} has more text than Sleuth reads")
            continue
        parts = _length(value)
        items += parts
        _insist(items <= MOST_ITEMS, f"{what} has more than {MOST_ITEMS} items")
        waiting += _parts(value)


def _length(value: Any) -> int:
    return len(value) if type(value) in {list, tuple, dict} else 0


def _parts(value: Any) -> list[Any]:
    if type(value) in {list, tuple}:
        return list(value)
    if type(value) is dict:
        return [*value.keys(), *value.values()]
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name, None) for field in fields(value)]
    return []


def _insist(is_right: bool, problem: str) -> None:
    if not is_right:
        raise ContractError(problem)
