"""Checking at run time that plain data is of the types it was declared with.

Types are compared exactly, because a subclass of ``str`` may know how to be rendered
without escaping, and ``True`` is not a count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from sleuth.trackers.deprecation import deprecation_check
from sleuth.trackers.errors import ContractError

Check = Callable[[Any], str]
"""Returns where and how a value differs from its type, as ".field is …", or ""."""


def require(value: Any, hint: Any, what: str) -> None:
    """Check a value against a type hint.

    Args:
        what: How to call the value in the error.

    Raises:
        ContractError: it does not have that type, or something within it does not.
    """
    difference = _check_for(hint)(value)
    if difference:
        raise ContractError(f"{what}{difference}")


@cache
def _check_for(hint: Any) -> Check:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _any_of([_check_for(option) for option in arguments])
    if origin is Literal:
        return lambda value: _unless(value in arguments, value, f"one of {arguments}")
    if origin is tuple and arguments[-1] is not Ellipsis:
        return _tuple_of([_check_for(part) for part in arguments])
    if origin in {tuple, list}:
        return _sequence_of(origin, _check_for(arguments[0]))
    if origin is Mapping:
        return _mapping_of(*(_check_for(part) for part in arguments))
    if is_dataclass(hint):
        return _dataclass_of(hint)
    return _utc if hint is datetime else _exactly(hint)


def _unless(is_right: bool, value: Any, wanted: str) -> str:
    return "" if is_right else f" is {type(value).__name__}, not {wanted}"


def _exactly(kind: type) -> Check:
    wanted = "None" if kind is NoneType else kind.__name__
    return lambda value: "" if type(value) is kind else _unless(False, value, wanted)


def _utc(value: Any) -> str:
    is_utc = isinstance(value, datetime) and (
        value.tzinfo is UTC or value.utcoffset() == timedelta(0)
    )
    return "" if is_utc else _unless(False, value, "an aware datetime in UTC")


def _any_of(options: Sequence[Check]) -> Check:
    def check(value: Any) -> str:
        differences = [option(value) for option in options]
        return "" if "" in differences else differences[0]

    return check


def _tuple_of(parts: Sequence[Check]) -> Check:
    def check(value: Any) -> str:
        if type(value) is not tuple or len(value) != len(parts):
            return _unless(False, value, f"a tuple of {len(parts)}")
        for index, part in enumerate(parts):
            if difference := part(value[index]):
                return f"[{index}]{difference}"
        return ""

    return check


def _sequence_of(kind: type[list[Any] | tuple[Any, ...]], part: Check) -> Check:
    def check(value: Any) -> str:
        if type(value) is not kind:
            return _unless(False, value, kind.__name__)
        for index, item in enumerate(value):
            if difference := part(item):
                return f"[{index}]{difference}"
        return ""

    return check


def _mapping_of(key: Check, part: Check) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, Mapping):
            return _unless(False, value, "a mapping")
        for name, item in value.items():
            if difference := key(name) or part(item):
                return f"[{name!r}]{difference}"
        return ""

    return check


def _dataclass_of(kind: Any) -> Check:
    hints = get_type_hints(kind)
    parts = [(field.name, _check_for(hints[field.name])) for field in fields(kind)]
    warn_of_deprecated = deprecation_check(kind)

    def check(value: Any) -> str:
        if type(value) is not kind:
            return _unless(False, value, kind.__name__)
        for name, part in parts:
            if difference := part(getattr(value, name)):
                return f".{name}{difference}"
        warn_of_deprecated(value)
        return ""

    return check
