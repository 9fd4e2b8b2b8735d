"""The statements that read and write counts, as fast as the database takes them.

Write inside ``with write():`` only. Driver-level statements, because building one object
or dictionary a point would cost more than storing it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from sleuth.extensions import db, require_write

SLICE = 5000

_UPSERT_SQLITE = (
    "INSERT INTO error_count (impact_source_id, bucket_start, count) VALUES (?, ?, ?) "
    "ON CONFLICT (impact_source_id, bucket_start) DO UPDATE SET count = excluded.count"
)
_REMOVE_SQLITE = "DELETE FROM error_count WHERE impact_source_id = ? AND bucket_start = ?"
_UPSERT_POSTGRESQL = (
    "INSERT INTO error_count (impact_source_id, bucket_start, count) "
    "SELECT * FROM unnest(%s::integer[], %s::bigint[], %s::bigint[]) "
    "ON CONFLICT (impact_source_id, bucket_start) DO UPDATE SET count = excluded.count"
)
_REMOVE_POSTGRESQL = (
    "DELETE FROM error_count USING unnest(%s::integer[], %s::bigint[]) AS gone (id, start) "
    "WHERE impact_source_id = gone.id AND bucket_start = gone.start"
)
_READ = (
    "SELECT (bucket_start - ?) / ?, count FROM error_count "
    "WHERE impact_source_id = ? AND bucket_start >= ? AND bucket_start < ?"
)

T = TypeVar("T")


def upsert(points: Sequence[tuple[int, int, int]]) -> None:
    """Store ``(impact_source_id, bucket_start, count)``, over what is stored already.

    Args:
        points: Unique; counts above zero.
    """
    _execute(_UPSERT_SQLITE, _UPSERT_POSTGRESQL, points)


def remove(buckets: Sequence[tuple[int, int]]) -> None:
    """Erase the counts of ``(impact_source_id, bucket_start)``: they are zeros now."""
    _execute(_REMOVE_SQLITE, _REMOVE_POSTGRESQL, buckets)


def read_into(counts: array[float], source_id: int, since: int, step: int) -> None:
    """Write what is stored into an array of one count per bucket, beginning at ``since``.

    Straight from the driver's cursor: nothing is built but one pair of numbers a bucket.
    """
    connection = db.session.connection()
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    until = since + len(counts) * step
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(_READ.replace("?", mark), (since, step, source_id, since, until))
        for index, count in cursor:
            counts[index] = count
    finally:
        cursor.close()


def _execute(sqlite: str, postgresql: str, rows: Sequence[tuple[int, ...]]) -> None:
    if not rows:
        return
    require_write()
    connection = db.session.connection()
    for part in _slices(rows):
        if connection.dialect.name == "postgresql":
            _execute_on_arrays(connection, postgresql, part)
        else:
            connection.exec_driver_sql(sqlite, part)


def _execute_on_arrays(connection: Connection, statement: str, rows: Sequence[Any]) -> None:
    """Send one array a column, which is a single statement for any number of rows."""
    connection.exec_driver_sql(statement, tuple(list(column) for column in zip(*rows, strict=True)))


def _slices(rows: Iterable[T]) -> Iterator[list[T]]:
    some = iter(rows)
    while part := list(islice(some, SLICE)):
        yield part
