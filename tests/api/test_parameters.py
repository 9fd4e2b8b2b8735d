"""Whatever a query holds, it is read or refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest

from sleuth.api import cursors
from sleuth.api.parameters import read_deploys_query, read_series_query

QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def refusal_of(read: Callable[[], object]) -> str:
    """Return the sentence with which a query is refused, "" if it is read."""
    try:
        read()
    except BadRequest as error:
        return str(error.description)
    return ""


@QUIET
@given(value=st.text(max_size=60) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+\d\d:\d\d)"))
def test_any_text_is_read_or_refused(app: Flask, value: str) -> None:
    for name in ("since", "until", "limit", "step", "health", "cursor", value or "x"):
        with app.test_request_context("/", query_string={name: value}):
            for read in (read_deploys_query, read_series_query):
                assert refusal_of(read)[-1:] in {"", "."}


@QUIET
@given(at=st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=OFFSETS))
def test_a_moment_is_read_as_it_was_meant(app: Flask, at: datetime) -> None:
    with app.test_request_context("/", query_string={"since": at.isoformat()}):
        assert read_deploys_query().since == at
    unescaped = f"since={at.isoformat()}"
    with app.test_request_context("/", query_string=unescaped):
        since = read_deploys_query().since
    assert since == at
    assert since.tzinfo is UTC


@QUIET
@given(place=st.lists(st.integers() | st.text() | st.booleans()), text=st.text())
def test_a_cursor_opens_what_it_was_made_of_and_nothing_else_opens(
    app: Flask, place: list[object], text: str
) -> None:
    cursor = cursors.sealed(place, ["deploys", 1])
    assert cursors.opened(cursor, ["deploys", 1]) == place
    for wrong, request in ((cursor, ["deploys", 2]), (text, ["deploys", 1])):
        with pytest.raises(BadRequest):
            cursors.opened(wrong, request)
