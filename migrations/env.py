"""Runs the migrations against the application's own database."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from sleuth.extensions import db

FEATURES = ("accounts", "projects", "deploys", "integrations", "impact", "health", "notifications")

for feature in FEATURES:
    import_module(f"sleuth.{feature}.models")


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write our own column types as what they are stored as, so migrations stay readable later."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def run() -> None:
    """Apply what is asked for, in one transaction where the database can."""
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_item,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
