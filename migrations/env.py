"""Runs the migrations against the application's own database."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal

from alembic import context
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeDecorator

from sleuth.extensions import db

FEATURES = (
    "accounts",
    "projects",
    "deploys",
    "integrations",
    "impact",
    "health",
    "health.by_hand",
    "health.placebo",
    "notifications",
)

for feature in FEATURES:
    import_module(f"sleuth.{feature}.models")


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write our own column types as what they are stored as, so migrations stay readable later."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def run() -> None:
    """Apply what is asked for, in one transaction where the database can.

    SQLite changes a table's constraints by making it anew, and would delete what refers to
    the old one; its own recipe (https://sqlite.org/lang_altertable.html#otheralter) is to
    look at foreign keys only afterwards.
    """
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            _set_foreign_keys(connection, "OFF")
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_item,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
                if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise RuntimeError("A migration left rows that refer to nothing.")
        finally:
            if is_sqlite:
                _set_foreign_keys(connection, "ON")


def _set_foreign_keys(connection: Connection, state: str) -> None:
    """Set what a transaction cannot: this connection goes back to the pool as it came."""
    connection.rollback()
    driver_connection = connection.connection.driver_connection
    driver_connection.execute(f"PRAGMA foreign_keys={state}")


run()
