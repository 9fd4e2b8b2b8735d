"""The Flask extensions, and the one way to write to the database.

A request or job reads in a plain transaction. Whoever wants to change rows opens
``with write():``, which starts afresh in a transaction that may write, so that on
SQLite a page view never queues behind a writer and a writer never finds that what it
read has changed under it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask
from flask_htmx import HTMX
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from redis.backoff import NoBackoff
from redis.retry import Retry as RedisRetry
from sqlalchemy import (
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Executable,
    MetaData,
    Update,
    event,
    func,
    select,
    text,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, UOWTransaction, registry
from sqlalchemy.types import TypeDecorator

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TIMEOUT = "busy_timeout=10000"
SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    BUSY_TIMEOUT,
    "foreign_keys=ON",
)

Thing = TypeVar("Thing")

_is_writing: ContextVar[bool] = ContextVar("is_writing", default=False)
_at_the_end: ContextVar[dict[Callable[[list[Any]], None], list[Any]]] = ContextVar("at_the_end")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime, on databases that keep time zones and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A datetime without a time zone cannot be stored.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    registry = registry(
        metadata=MetaData(naming_convention=NAMING_CONVENTION),
        type_annotation_map={datetime: UtcDateTime()},
    )


class WriteOutsideTransactionError(RuntimeError):
    """Rows were changed outside ``with write():``."""


db = SQLAlchemy(model_class=Base, session_options={"autoflush": False})
csrf = CSRFProtect()
login_manager = LoginManager()
if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model
htmx = HTMX()
limiter = Limiter(key_func=get_remote_address)


@contextmanager
def write() -> Iterator[None]:
    """Run the block in a transaction that may write, and commit it.

    What was read before is forgotten and read again inside. Nothing slow belongs in
    the block: no hashing, rendering, queueing or network.

    Raises:
        RuntimeError: opened inside another ``write()``.
    """
    if _is_writing.get():
        raise RuntimeError("write() cannot be nested")
    db.session.rollback()
    token, put_off = _is_writing.set(True), _at_the_end.set({})
    try:
        yield
        for do, what in _at_the_end.get().items():
            do(what)
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _is_writing.reset(token)
        _at_the_end.reset(put_off)


def at_the_end(do: Callable[[list[Thing]], None], what: Thing) -> None:
    """Have something done as the last thing of ``with write():``, before its commit.

    Args:
        do: Called once, with all that it was asked to do in the block.
    """
    require_write()
    _at_the_end.get().setdefault(do, []).append(what)


def rows_changed(statement: Update) -> int:
    """Execute an UPDATE inside ``with write():`` and return how many rows it met."""
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


def storage_trouble(error: OperationalError) -> str:
    """Return a sentence for a disk that is full or a database that is busy, else ""."""
    cause = str(error.orig).lower()
    if "is full" in cause or "no space left" in cause:
        return (
            "The disk of the server is full, so nothing can be stored. "
            "Whoever runs the server has to make room."
        )
    if "locked" in cause:
        return "The database was busy for too long, so nothing was stored. Try again in a minute."
    return ""


def lock_table(model: type[Base]) -> None:
    """Keep other writers from a table until ``with write():`` ends.

    For a rule that spans rows, such as "the first" or "no other of this name". SQLite
    lets one writer in at a time anyway.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text(f'LOCK TABLE "{model.__tablename__}" IN SHARE ROW EXCLUSIVE MODE'))


def lock_until_commit(kind: int, number: int) -> None:
    """Keep whoever asks for the same lock waiting until ``with write():`` ends.

    For an order that rows alone do not give. It is asked for last, when no row is waited for
    any more: two could otherwise wait for each other. SQLite lets one writer in at a time anyway.

    Args:
        kind: What it is about; a number of its own for each use.
        number: Which of them, at most 31 bits.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(kind, number)))


def write_if_free(statement: Executable) -> bool:
    """Run one statement in a transaction of its own, unless another writer is at work.

    For columns like "last used", which may miss a change but must not make anybody
    wait. On PostgreSQL the statement itself has to skip what is locked.

    Returns:
        Whether it ran.
    """
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
        try:
            connection.execute(statement)
            connection.commit()
        except OperationalError as error:
            if "locked" not in str(error.orig):
                raise
            connection.rollback()
            return False
        finally:
            if is_sqlite:
                connection.exec_driver_sql(f"PRAGMA {BUSY_TIMEOUT}")
    return True


def init_app(app: Flask) -> None:
    """Bind every extension to the application; opens no connection."""
    db.init_app(app)
    csrf.init_app(app)
    login_manager.init_app(app)
    htmx.init_app(app)
    _init_limiter(app)
    with app.app_context():
        harden(db.engine)


def _init_limiter(app: Flask) -> None:
    """Count attempts where the configuration says; a server that is away is not asked twice."""
    import_module("sleuth.rate_limits")  # makes its scheme known
    app.config["RATELIMIT_STORAGE_OPTIONS"]["retry"] = RedisRetry(NoBackoff(), 0)
    limiter.init_app(app)


def harden(engine: Engine) -> None:
    """Make SQLite keep its promises; other databases need nothing."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _is_writing.get() else "BEGIN")


@event.listens_for(Session, "before_flush")
def _refuse_stray_writes(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    require_write()


@event.listens_for(Session, "do_orm_execute")
def _refuse_stray_statements(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        require_write()


def require_write() -> None:
    """Refuse to go on outside ``with write():``; for statements that bypass the session.

    Raises:
        WriteOutsideTransactionError: there is no such block around the caller.
    """
    if not _is_writing.get():
        raise WriteOutsideTransactionError("Change rows inside `with write():` only.")
