"""What has to be true before the application is of use: keys, and a database up to date."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from sleuth import config, migrating, queue, trackers
from sleuth.factory import create_app


class PreparationError(Exception):
    """The application cannot be used; the message is one sentence for the operator."""


def prepared_app() -> Flask:
    """Create what is missing of keys and tables, and return the application.

    Plugins that have changed are tried in processes of their own first, once for all the
    processes that follow.

    Raises:
        PreparationError: Settings, data directory or database cannot be used.
    """
    try:
        refuse_addresses(config.load(os.environ))
        config.create_keys(Path(config.load(os.environ)["SLEUTH_DATA_DIR"]))
        app = create_app(trials=trackers.try_plugins(config.load(os.environ)))
    except config.SettingError as error:
        raise PreparationError(str(error)) from None
    except OSError as error:
        raise PreparationError(f"The data directory cannot be used: {error}.") from None
    migrate(app)
    return app


def refuse_addresses(values: Mapping[str, Any]) -> None:
    """Refuse addresses of database and queue server that are none.

    Raises:
        PreparationError: One of them cannot be read; it is not shown, it may hold a password.
    """
    try:
        make_url(config.database_url(values))
    except ArgumentError:
        raise PreparationError(
            "SLEUTH_DATABASE_URL is no address of a database; write postgresql://… or sqlite:///…."
        ) from None
    scheme = config.redis_url(values).partition("://")[0]
    if scheme not in {"redis", "rediss", "unix"}:
        raise PreparationError(
            "SLEUTH_REDIS_URL is no address of a queue server; write redis://… or unix://…."
        )


def migrate(app: Flask) -> None:
    """Bring the database to the newest revision; several processes may try at once.

    Raises:
        PreparationError: The database is out of reach, or a migration failed.
    """
    lock = Path(app.config["SLEUTH_DATA_DIR"]) / "migrate.lock"
    try:
        with _locked(lock):
            migrating.upgrade(app)
    except DBAPIError as error:
        url = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).render_as_string(hide_password=True)
        cause = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        raise PreparationError(f"The database {url} cannot be used: {cause[0]}") from error
    except SystemExit:
        raise PreparationError("The database could not be brought up to date.") from None


def check_queue(app: Flask) -> None:
    """Refuse to start without the operator's queue server.

    Raises:
        PreparationError: It does not answer.
    """
    with app.app_context():
        if not queue.is_reachable():
            raise PreparationError(
                "The queue server named by SLEUTH_REDIS_URL does not answer; start it, "
                "correct the address, or unset it to use one of our own."
            )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
