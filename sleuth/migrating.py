"""The migrations of the database; imported where they are run, because they take 11 MB."""

from __future__ import annotations

from pathlib import Path

import flask_migrate
from flask import Flask

from sleuth.extensions import db

DIRECTORY = Path(__file__).resolve().parent.parent / "migrations"


def init_app(app: Flask) -> None:
    """Add ``flask db`` to the application's commands."""
    flask_migrate.Migrate(
        app, db, directory=str(DIRECTORY), render_as_batch=True, compare_type=True
    )


def upgrade(app: Flask) -> None:
    """Bring the database to the newest revision.

    Raises:
        SystemExit: A migration failed, and the log says how.
        DBAPIError: The database cannot be used.
    """
    if "migrate" not in app.extensions:
        init_app(app)
    with app.app_context():
        flask_migrate.upgrade()
