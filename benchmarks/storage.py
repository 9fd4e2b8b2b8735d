"""How fast counts are read and written, and how much room they take.

    .venv/bin/python benchmarks/storage.py [--postgres URL]

Each figure stands beside a floor of the same run: the database's own driver, doing the
same with a bare statement. PostgreSQL is measured if the URL of an empty database is given.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import delete, select

ROOT = Path(__file__).resolve().parent.parent
# What is imported below is found by this path: hence E402 there.
sys.path.insert(0, str(ROOT))

from benchmarks.collect import seed_integration  # noqa: E402
from sleuth import config, migrating  # noqa: E402
from sleuth.extensions import db, write  # noqa: E402
from sleuth.factory import create_app  # noqa: E402
from sleuth.impact import points, series  # noqa: E402
from sleuth.impact.models import Coverage, ImpactSource  # noqa: E402

SINCE = 1_770_000_000 // 60 * 60
MINUTES = 30 * 1440
UPSERTED = 100_000
RUNS = 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--postgres", default="", help="URL of an empty database")
    url = parser.parse_args().postgres
    measure("SQLite", "", 150_000)
    if url:
        measure("PostgreSQL", url, 60_000)
    else:
        print("PostgreSQL is not measured: name an empty database with --postgres URL.")


def measure(name: str, url: str, promised: int) -> None:
    """Print the figures of one database."""
    print(name)
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(folder, url)
        with app.app_context():
            source_ids = seed(4)
            before = size(app, url)
            for number in range(3):
                with write():
                    points.upsert([(source_ids[number], *point) for point in busy()])
            room = (size(app, url) - before) / 3
            measure_reading(source_ids[1], room, is_promised=not url)
            measure_writing(source_ids[3], promised)
            db.session.remove()
            db.engine.dispose()


def make_app(folder: str, url: str) -> Flask:
    """Return the product's application on an empty database with all tables."""
    os.environ.update({"SLEUTH_DATA_DIR": folder, "SLEUTH_DATABASE_URL": url})
    config.create_keys(Path(folder))
    app = create_app()
    migrating.upgrade(app)
    return app


def seed(number: int) -> list[int]:
    """Add impact sources whose 30 days are covered; return their ids."""
    with write():
        seed_integration(0, number, 1)
        db.session.flush()
        db.session.execute(delete(Coverage))
        ids = list(db.session.scalars(select(ImpactSource.id)))
        until = SINCE + MINUTES * 60
        db.session.add_all(Coverage(impact_source_id=id_, since=SINCE, until=until) for id_ in ids)
    return ids


def busy() -> list[tuple[int, int]]:
    """Return 30 days with errors in each minute."""
    return [(SINCE + 60 * each, each * 7 % 50 + 1) for each in range(MINUTES)]


def measure_reading(source_id: int, room: float, *, is_promised: bool) -> None:
    """Print how long 30 days take to read, and their size in memory and on disk."""
    until = SINCE + MINUTES * 60

    def read() -> None:
        series.read_arrays(source_id, SINCE, until, 60)

    def bare() -> None:
        cursor = db.session.connection().connection.cursor()
        cursor.execute(
            "SELECT bucket_start, count FROM error_count "  # noqa: S608
            f"WHERE impact_source_id = {source_id} ORDER BY bucket_start"
        )
        cursor.fetchall()

    took, floor = best(read), best(bare)
    tracemalloc.start()
    read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    show("read 30 days", 1000 * took, "ms", took / floor, "under 20 ms" if is_promised else "")
    show("memory for it", peak / 1e6, "MB", None, "under 1.5 MB" if is_promised else "")
    show("room for it", room / 1e6, "MB", None, "under 1.5 MB" if is_promised else "")


def measure_writing(source_id: int, promised: int) -> None:
    """Print how many points a second are upserted, half of them over older ones."""
    rows = [(source_id, SINCE + 60 * each, each % 50 + 1) for each in range(UPSERTED)]

    def upsert() -> None:
        for start in range(0, UPSERTED, points.SLICE):
            with write():
                points.upsert(rows[start : start + points.SLICE])

    def bare() -> None:
        connection = db.engine.raw_connection()
        cursor = connection.cursor()
        mark = "%s" if db.engine.dialect.name == "postgresql" else "?"
        statement = f"INSERT INTO floor VALUES ({mark}, {mark}, {mark})"  # noqa: S608
        cursor.execute("CREATE TABLE floor (a INTEGER, b BIGINT, c BIGINT, PRIMARY KEY (a, b))")
        for start in range(0, UPSERTED, points.SLICE):
            cursor.execute("BEGIN")
            cursor.executemany(statement, rows[start : start + points.SLICE])
            connection.commit()
        cursor.execute("DROP TABLE floor")
        connection.commit()
        connection.close()

    new, floor = timed(upsert), timed(bare)
    again = timed(upsert)
    wanted = f"at least {promised}"
    show("upsert new points", UPSERTED / new, "a second", new / floor, wanted)
    show("upsert known points", UPSERTED / again, "a second", again / floor, wanted)


def size(app: Flask, url: str) -> int:
    """Return how many bytes the database takes."""
    if url:
        statement = "SELECT pg_total_relation_size('error_count')"
        return int(db.session.connection().exec_driver_sql(statement).scalar_one())
    db.session.rollback()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(str(db.engine.url.database)).stat().st_size


def best(work: Callable[[], None]) -> float:
    """Return the shortest of some runs, in seconds."""
    return min(timed(work) for _ in range(RUNS))


def timed(work: Callable[[], None]) -> float:
    """Return the seconds of one run."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def show(name: str, value: float, unit: str, ratio: float | None, promise: str) -> None:
    """Print one figure."""
    beside = "" if ratio is None else f"{ratio:5.2f} x the floor"
    print(f"  {name:<22}{value:11.2f} {unit:<10}{beside:<22}{promise and f'promised: {promise}'}")


if __name__ == "__main__":
    main()
