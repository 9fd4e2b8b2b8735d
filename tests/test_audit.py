"""Every change leaves a row in the audit log, in the transaction that makes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, event, func, select
from werkzeug.test import TestResponse

from sleuth.accounts.models import AuditEntry
from sleuth.extensions import db
from tests.conftest import Cast
from tests.samples import EXAMPLES, WITHOUT_CHANGES, url_of

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
UNAUDITED = re.compile(r"UPDATE access_token SET last_used_at")
CHANGE = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def queue_that_waits(queued: list[object]) -> None:
    """Nothing that a call enqueues runs."""


def call(app: Flask, cast: Cast, sign_in: SignIn, endpoint: str) -> Callable[[], TestResponse]:
    """Arrange the example of an endpoint; what is returned makes the call."""
    example = EXAMPLES[endpoint]
    example.prepare(cast)
    rule = next(app.url_map.iter_rules(endpoint))
    method = min(CHANGING & (rule.methods or set()))
    with app.test_request_context():
        url = url_of(endpoint, rule.arguments, cast, example.values)
    form, headers = example.posted(cast), dict(example.headers(cast))
    client = sign_in(example.who)
    return lambda: client.open(url, method=method, data=form, headers=headers)


@contextmanager
def committed_changes() -> Iterator[list[set[str]]]:
    """Collect, for every transaction that commits changes, the tables it changed."""
    committed: list[set[str]] = []
    pending: dict[int, set[str]] = {}

    def execute(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        change = CHANGE.match(statement)
        if change and not UNAUDITED.match(statement):
            pending.setdefault(id(connection), set()).add(change[2])

    def commit(connection: Connection) -> None:
        if tables := pending.pop(id(connection), None):
            committed.append(tables)

    def rollback(connection: Connection) -> None:
        pending.pop(id(connection), None)

    listeners = {"before_cursor_execute": execute, "commit": commit, "rollback": rollback}
    for name, listener in listeners.items():
        event.listen(db.engine, name, listener)
    yield committed
    for name, listener in listeners.items():
        event.remove(db.engine, name, listener)


def all_rows() -> dict[str, list[Any]]:
    """Return the content of the whole database."""
    db.session.rollback()
    return {
        table.name: sorted(map(repr, db.session.execute(select(table))))
        for table in db.metadata.sorted_tables
    }


def test_every_route_that_changes_something_has_an_example(app: Flask) -> None:
    changing = {rule.endpoint for rule in app.url_map.iter_rules() if CHANGING & rule.methods}
    assert changing == set(EXAMPLES) | set(WITHOUT_CHANGES)
    assert not set(EXAMPLES) & set(WITHOUT_CHANGES)


@pytest.mark.parametrize("endpoint", sorted(EXAMPLES))
def test_a_change_and_its_audit_row_are_one_transaction(
    app: Flask, cast: Cast, sign_in: SignIn, endpoint: str
) -> None:
    make = call(app, cast, sign_in, endpoint)
    with committed_changes() as committed:
        answer = make()
    assert answer.status_code < 400, answer.text
    assert committed, "the example changes nothing"
    assert all("audit_entry" in tables for tables in committed), committed


@pytest.mark.parametrize("endpoint", sorted(EXAMPLES))
def test_a_change_that_cannot_be_audited_does_not_happen(
    app: Flask, cast: Cast, sign_in: SignIn, endpoint: str
) -> None:
    make = call(app, cast, sign_in, endpoint)
    before = all_rows()
    db.session.rollback()

    def refuse(*_: Any) -> None:
        raise RuntimeError("the audit log is full")

    event.listen(AuditEntry, "before_insert", refuse)
    try:
        with pytest.raises(RuntimeError, match="the audit log is full"):
            make()
    finally:
        event.remove(AuditEntry, "before_insert", refuse)
    assert all_rows() == before


def test_a_route_said_to_change_nothing_does_not(app: Flask, cast: Cast, sign_in: SignIn) -> None:
    for endpoint in WITHOUT_CHANGES:
        rule = next(app.url_map.iter_rules(endpoint))
        with app.test_request_context():
            url = url_of(endpoint, rule.arguments, cast)
        before = all_rows()
        sign_in("owner").post(url)
        assert all_rows() == before, endpoint


def test_a_refused_change_leaves_no_audit_row(sign_in: SignIn) -> None:
    answer = sign_in("owner").post("/o/acme/settings/rename", data={"name": "  "})
    assert answer.status_code == 422
    assert db.session.scalar(select(func.count(AuditEntry.id))) == 0
