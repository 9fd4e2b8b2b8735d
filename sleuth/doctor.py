"""Looks whether everything is in place for Sleuth to run; changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sleuth import config, migrating, queue, trackers
from sleuth.extensions import db

PRIVATE = 0o077


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    Args:
        name: What was looked at.
        is_ok: Whether nothing needs to be done.
        detail: What was found, and what to do if it is not ok.
    """

    name: str
    is_ok: bool
    detail: str


def examine(app: Flask) -> list[Finding]:
    """Return what every check found; needs about a second if the queue is away."""
    with app.app_context():
        return [
            _data_directory(Path(app.config["SLEUTH_DATA_DIR"])),
            _keys(app),
            *_database(),
            _queue(app),
            _plugins(),
        ]


def _data_directory(path: Path) -> Finding:
    if not path.is_dir():
        return Finding("data directory", False, f"{path} does not exist; ./run creates it.")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return Finding("data directory", False, f"{path} cannot be written; correct its owner.")
    return Finding("data directory", True, str(path))


def _keys(app: Flask) -> Finding:
    problem = next(_key_problems(app), None)
    return Finding("keys", problem is None, problem or "present and private")


def _key_problems(app: Flask) -> Iterator[str]:
    if not app.config["SLEUTH_SECRET_KEY"] or not app.config["SLEUTH_ENCRYPTION_KEYS"]:
        yield "Keys are missing; ./run creates them in the data directory."
    for key in filter(None, app.config["SLEUTH_ENCRYPTION_KEYS"].split(",")):
        if not _is_fernet_key(key):
            yield "SLEUTH_ENCRYPTION_KEYS holds something that is not a Fernet key."
    for row in config.SETTINGS:
        path = Path(app.config["SLEUTH_DATA_DIR"], row.key_file)
        if row.key_file and path.is_file() and path.stat().st_mode & PRIVATE:
            yield f"Others on this machine may read {path}; run chmod 600 on it."


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def _database() -> Iterator[Finding]:
    place = db.engine.url.render_as_string(hide_password=True)
    file = db.engine.url.database or ""
    if db.engine.dialect.name == "sqlite" and not Path(file).is_file():
        yield Finding("database", False, f"{file} does not exist; ./run creates it.")
        return
    try:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            current = set(MigrationContext.configure(connection).get_current_heads())
    except SQLAlchemyError as error:
        cause = str(error.__cause__ or error).strip().splitlines()[0]
        yield Finding("database", False, f"{place} cannot be used: {cause}")
        return
    yield Finding("database", True, place)
    yield _migrations(current)


def _migrations(current: set[str]) -> Finding:
    newest = set(ScriptDirectory(str(migrating.DIRECTORY)).get_heads())
    if current == newest:
        return Finding("migrations", True, f"at {', '.join(sorted(newest))}")
    return Finding(
        "migrations",
        False,
        "The tables are not those of this version; ./run brings them up to date.",
    )


def _queue(app: Flask) -> Finding:
    url = config.redis_url(app.config)
    place = url.rpartition("@")[2] if "@" in url else url
    if queue.is_reachable():
        return Finding("queue", True, place)
    return Finding("queue", False, f"{place} does not answer; start it, or Sleuth with ./run.")


def _plugins() -> Finding:
    registry = trackers.current()
    failed = [f"{failure.name}: {failure.error}" for failure in registry.failures]
    loaded = ", ".join(sorted(registry.trackers)) or "none"
    return Finding("plugins", not failed, " ".join(failed) or loaded)
