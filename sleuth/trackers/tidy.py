"""Taking out of checked answers what no terminal, page or database should get to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from sleuth.plugin_api import CountSeries
from sleuth.text import clean
from sleuth.trackers.errors import ContractError

T = TypeVar("T")
KEYS = frozenset({"key", "org_key"})
"""Texts that are handed back to the tracker, so that they cannot be changed."""


def tidied(answer: T) -> T:
    """Return an answer whose texts have no control characters and no terminal escapes.

    Args:
        answer: Of a hook, its types having been checked.

    Raises:
        ContractError: a key has some, which cannot be left out of it.
    """
    tidy: T = _tidied(answer)
    return tidy


def _tidied(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isprintable() else clean(value)
    if isinstance(value, CountSeries):
        return value
    if isinstance(value, list | tuple):
        return type(value)(_tidied(each) for each in value)
    if isinstance(value, Mapping):
        return {_tidied(name): _tidied(each) for name, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return _tidied_fields(value)
    return value


def _tidied_fields(value: Any) -> Any:
    found = {field.name: getattr(value, field.name) for field in fields(value)}
    for name in KEYS & found.keys():
        if clean(found[name]) != found[name].strip():
            raise ContractError(f"{type(value).__name__}.{name} has control characters")
    tidy = {name: _tidied(each) for name, each in found.items() if name not in KEYS}
    changed = {name: each for name, each in tidy.items() if each != found[name]}
    return replace(value, **changed) if changed else value
