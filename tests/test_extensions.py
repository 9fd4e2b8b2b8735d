"""The one way to write to the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from sqlalchemy import delete, event, insert, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError

from sleuth.accounts.models import AuditEntry, Event, Organization
from sleuth.extensions import (
    WriteOutsideTransactionError,
    at_the_end,
    db,
    lock_table,
    rows_changed,
    write,
    write_if_free,
)
from tests.conftest import NOW, Cast


def names() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Organization.name)))


def initech(created_at: datetime = NOW) -> Organization:
    return Organization(slug="initech", name="Initech", created_at=created_at)


def test_what_is_written_is_committed(cast: Cast) -> None:
    with write():
        db.session.add(initech())
    assert names() == ["Acme", "Globex", "Initech"]


def test_what_fails_is_undone(cast: Cast) -> None:
    def fail() -> None:
        with write():
            db.session.add(initech())
            db.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names() == ["Acme", "Globex"]


def test_what_was_read_before_is_read_again(cast: Cast) -> None:
    organization = db.session.get_one(Organization, cast.acme.id)
    assert organization.name == "Acme"
    with db.engine.connect() as other:
        other.execute(
            update(Organization).values(name="Renamed").where(Organization.slug == "acme")
        )
        other.commit()
    with write():
        assert organization.name == "Renamed"


def test_one_write_in_another_is_refused(cast: Cast) -> None:
    with write(), pytest.raises(RuntimeError, match="cannot be nested"), write():
        pass


def test_a_row_changed_elsewhere_is_refused(cast: Cast) -> None:
    db.session.add(initech())
    with pytest.raises(WriteOutsideTransactionError):
        db.session.flush()
    assert names() == ["Acme", "Globex"]


@pytest.mark.parametrize(
    "statement",
    [
        update(Organization).values(name="Mine"),
        delete(Organization),
        insert(Organization).values(slug="x", name="x", created_at=NOW),
    ],
)
def test_a_statement_that_changes_rows_elsewhere_is_refused(cast: Cast, statement) -> None:
    with pytest.raises(WriteOutsideTransactionError):
        db.session.execute(statement)
    assert names() == ["Acme", "Globex"]


def test_an_update_says_how_many_rows_it_met(cast: Cast) -> None:
    with write():
        assert rows_changed(update(Organization).values(name="Same")) == 2


def test_a_locked_table_can_be_written_by_who_locked_it(cast: Cast) -> None:
    with write():
        lock_table(Organization)
        db.session.add(initech())
    assert "Initech" in names()


def test_a_statement_that_is_wrong_is_not_taken_for_a_lock(app: Flask) -> None:
    with pytest.raises(DBAPIError, match="nowhere"):
        write_if_free(text("UPDATE nowhere SET x = 1"))


def test_what_is_put_off_is_done_once_at_the_end_with_all_that_it_is_about(app: Flask) -> None:
    done: list[list[str]] = []
    with write():
        at_the_end(done.append, "one")
        at_the_end(done.append, "two")
        assert done == []
    assert done == [["one", "two"]]


def test_what_was_put_off_is_forgotten_where_the_rest_failed(app: Flask) -> None:
    done: list[list[str]] = []

    def fail() -> None:
        with write():
            at_the_end(done.append, "one")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with write():
        pass
    assert done == []


def test_nothing_is_put_off_where_nothing_is_written(app: Flask) -> None:
    with pytest.raises(WriteOutsideTransactionError):
        at_the_end(print, "never")


def test_a_time_comes_back_as_utc(app: Flask) -> None:
    berlin = timezone(timedelta(hours=1))
    with write():
        db.session.add(initech(datetime(2026, 3, 4, 13, 0, tzinfo=berlin)))
    stored = db.session.scalars(select(Organization.created_at)).one()
    assert (stored, stored.tzinfo) == (NOW, UTC)


def test_a_time_without_a_zone_is_refused(app: Flask) -> None:
    with pytest.raises(StatementError, match="without a time zone"), write():
        db.session.add(initech(datetime(2026, 3, 4, 12, 0)))


@pytest.mark.sqlite
def test_reading_never_waits_for_a_writer(cast: Cast) -> None:
    begun: list[str] = []
    event.listen(
        db.engine, "before_cursor_execute", lambda _c, _k, statement, *_: begun.append(statement)
    )
    names()
    with write():
        db.session.add(Event(organization_id=1, name="x", created_at=NOW))
    assert [each for each in begun if each.startswith("BEGIN")] == ["BEGIN", "BEGIN IMMEDIATE"]


@pytest.mark.sqlite
def test_sqlite_keeps_its_promises(app: Flask) -> None:
    modes = [db.session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys")]
    assert modes == ["wal", 1]


def test_rows_go_with_their_organization(cast: Cast) -> None:
    with write():
        db.session.add(
            AuditEntry(
                organization_id=cast.acme.id,
                actor_label="x",
                action="x",
                subject="x",
                created_at=NOW,
            )
        )
    with write():
        db.session.execute(delete(Organization).where(Organization.slug == "acme"))
    assert db.session.scalar(select(AuditEntry)) is None
