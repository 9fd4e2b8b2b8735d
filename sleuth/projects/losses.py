"""What is lost with a row: counted by following the foreign keys that cascade.

A table that should be named to the user says how in its ``info``, e.g.
``{"info": {"noun": "deploy"}}``, so that features above are counted without being known.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, FromClause, Table, func, inspect, or_, select

from sleuth.extensions import Base, db


def count_losses(row: Base) -> dict[str, int]:
    """Count, by noun, what the database deletes together with ``row``; zeros included."""
    root = inspect(row).mapper.local_table
    key = inspect(row).mapper.primary_key_from_instance(row)
    doomed: dict[FromClause, ColumnElement[bool]] = {root: root.c.id == key[0]}
    losses = {}
    for table in db.metadata.sorted_tables:
        ways = _ways_to_go(table, doomed)
        if not ways or "id" not in table.c:
            continue
        doomed[table] = or_(*ways)
        if noun := table.info.get("noun"):
            losses[noun] = _count(table, doomed[table])
    return losses


def _ways_to_go(
    table: Table, doomed: Mapping[FromClause, ColumnElement[bool]]
) -> list[ColumnElement[bool]]:
    """Return what makes a row of ``table`` follow one of the doomed rows."""
    return [
        key.parent.in_(select(owner.c.id).where(doomed[owner]))
        for key in table.foreign_keys
        if key.ondelete == "CASCADE" and (owner := key.column.table) in doomed
    ]


def _count(table: Table, condition: ColumnElement[bool]) -> int:
    counting = select(func.count()).select_from(table).where(condition)
    return db.session.execute(counting).scalar_one()
