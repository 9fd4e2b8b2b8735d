"""Answers of Sentry that no counts may be taken from, as strategies of hypothesis."""

from __future__ import annotations

import json
from copy import deepcopy
from math import inf, nan
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Path = tuple[str | int, ...]

ALWAYS_THE_SAME = settings(
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NEEDED: tuple[Path, ...] = (
    ("timeSeries",),
    ("timeSeries", 0, "yAxis"),
    ("timeSeries", 0, "meta"),
    ("timeSeries", 0, "meta", "interval"),
    ("timeSeries", 0, "values"),
    ("timeSeries", 0, "values", 1, "timestamp"),
    ("timeSeries", 0, "values", 1, "value"),
    ("timeSeries", 0, "values", 1, "incomplete"),
    ("meta", "dataset"),
    ("meta", "start"),
    ("meta", "end"),
)
NUMBERS = [path for path in NEEDED if path[-1] in {"interval", "timestamp", "value"}]
WORDS = st.text(max_size=8)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
NO_NUMBERS = st.none() | WORDS | st.lists(WORDS, max_size=2) | st.dictionaries(WORDS, WORDS)
IMPOSSIBLE_NUMBERS = st.one_of(
    st.integers(max_value=-1),
    st.integers(min_value=10**16, max_value=10**400),
    st.sampled_from([nan, inf, -inf, 1e308, 0.5, 59.999, True]),
)


def usual(since: int, until: int) -> dict[str, Any]:
    """Return the answer to a question about ``[since, until)``: an error in each minute."""
    values = [
        {"timestamp": start * 1000, "value": 1, "incomplete": False}
        for start in range(since, until + 60, 60)
    ]
    meta = {"valueType": "integer", "valueUnit": None, "interval": 60_000}
    return {
        "meta": {"dataset": "errors", "start": since * 1000.0, "end": until * 1000.0},
        "timeSeries": [{"yAxis": "count()", "meta": meta, "values": values}],
    }


def malformed_documents(since: int, until: int) -> SearchStrategy[Any]:
    """Return documents that answer no question about ``[since, until)``."""
    good = usual(since, until)
    times = range(len(good["timeSeries"][0]["values"]))
    return st.one_of(
        st.builds(_without, st.just(good), st.sampled_from(NEEDED)),
        st.builds(_with, st.just(good), st.sampled_from(NEEDED), NO_NUMBERS),
        st.builds(_with, st.just(good), st.sampled_from(NUMBERS), IMPOSSIBLE_NUMBERS),
        st.builds(_with_minutes, st.just(good), st.permutations(times).filter(_is_disordered)),
        st.builds(
            _with_minutes, st.just(good), st.sampled_from(times).map(lambda i: _twice(times, i))
        ),
        st.builds(
            _with_minutes,
            st.just(good),
            st.sampled_from(times[1:-1]).map(lambda i: _less(times, i)),
        ),
        st.builds(
            _moved, st.just(good), st.integers(-(10**7), 10**7).filter(lambda s: abs(s) % 60)
        ),
        ANYTHING,
    )


def malformed_bodies(since: int, until: int) -> SearchStrategy[bytes]:
    """Return bodies that are not JSON, or JSON that answers nothing."""
    whole = json.dumps(usual(since, until)).encode()
    return st.one_of(
        st.binary(max_size=200),
        st.integers(0, len(whole) - 1).map(lambda end: whole[:end]),
        st.sampled_from(
            [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 100_000, b"<html>", b"\xff\xfe"]
        ),
        malformed_documents(since, until).map(lambda document: json.dumps(document).encode()),
    )


def _without(document: Any, path: Path) -> Any:
    changed = deepcopy(document)
    del _parent(changed, path)[path[-1]]
    return changed


def _with(document: Any, path: Path, value: Any) -> Any:
    changed = deepcopy(document)
    _parent(changed, path)[path[-1]] = value
    return changed


def _parent(document: Any, path: Path) -> Any:
    for step in path[:-1]:
        document = document[step]
    return document


def _with_minutes(document: Any, order: list[int]) -> Any:
    values = document["timeSeries"][0]["values"]
    return _with(document, ("timeSeries", 0, "values"), [values[index] for index in order])


def _is_disordered(order: list[int]) -> bool:
    return order != sorted(order)


def _twice(times: range, index: int) -> list[int]:
    return sorted([*times, index])


def _less(times: range, index: int) -> list[int]:
    return [each for each in times if each != index]


def _moved(document: Any, seconds: int) -> Any:
    """Let every minute begin at another second."""
    changed = deepcopy(document)
    for value in changed["timeSeries"][0]["values"]:
        value["timestamp"] += seconds * 1000
    return changed
