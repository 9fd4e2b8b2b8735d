"""Documents that are almost what a tracker answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

EACH = "each"
"""Stands in a place for every item of a list."""

Place = tuple[str, ...]
Change = Callable[[Any, Any], None]
"""Given a dictionary or list and a key or index, changes what is there."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A changed document.

    Args:
        words: What was changed, as in ``each.name is null``.
    """

    words: str
    document: Any


def other_tops(document: Any) -> Iterator[Variant]:
    """Yield documents that are something else altogether."""
    others: tuple[Any, ...] = (None, 42, "text", True, [] if isinstance(document, dict) else {})
    for other in others:
        yield Variant(f"{json.dumps(other)} is the whole answer", other)


def without_keys(document: Any) -> Iterator[Variant]:
    """Yield the document with one key missing, wherever that key stands."""
    for place in _places(document):
        if place[-1] != EACH:
            yield Variant(f"{_named(place)} is missing", _changed(document, place, _remove))


def with_nulls(document: Any) -> Iterator[Variant]:
    """Yield the document with null in place of one value."""
    for place in _places(document):
        yield Variant(
            f"{_named(place)} is null", _changed(document, place, _put(lambda _old: None))
        )


def with_other_types(document: Any) -> Iterator[Variant]:
    """Yield the document with values that cannot be what they should be."""
    for place in _places(document):
        changed = _changed(document, place, _put(_of_another_type))
        yield Variant(f"{_named(place)} is of another type", changed)
        for number in (-7, 0.5):
            changed = _changed(document, place, _put_number(number))
            if changed != document:
                yield Variant(f"{_named(place)} is {number}", changed)


def _named(place: Place) -> str:
    return ".".join(place)


def _places(document: Any) -> list[Place]:
    return list(dict.fromkeys(_walk(document, ())))


def _walk(part: Any, above: Place) -> Iterator[Place]:
    if isinstance(part, dict):
        for key, value in part.items():
            yield (*above, key)
            yield from _walk(value, (*above, key))
    elif isinstance(part, list):
        for value in part:
            yield (*above, EACH)
            yield from _walk(value, (*above, EACH))


def _changed(document: Any, place: Place, change: Change) -> Any:
    copy = json.loads(json.dumps(document))
    _apply(copy, place, change)
    return copy


def _apply(part: Any, place: Place, change: Change) -> None:
    head, *rest = place
    if head == EACH and isinstance(part, list):
        keys: list[Any] = list(range(len(part)))
    else:
        keys = [head] if isinstance(part, dict) and head in part else []
    for key in keys:
        if rest:
            _apply(part[key], tuple(rest), change)
        else:
            change(part, key)


def _remove(part: Any, key: Any) -> None:
    del part[key]


def _put(make: Callable[[Any], Any]) -> Change:
    def change(part: Any, key: Any) -> None:
        part[key] = make(part[key])

    return change


def _put_number(number: float) -> Change:
    def change(part: Any, key: Any) -> None:
        if type(part[key]) in {int, float}:
            part[key] = number

    return change


def _of_another_type(old: Any) -> Any:
    if isinstance(old, dict):
        return [old]
    return {"0": old} if isinstance(old, list) else [old]
