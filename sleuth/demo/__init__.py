"""The demo: a made-up company whose counts and verdicts are made by the ordinary means.

Deploys are sample data; everything that follows from them is not. The stand-in for the
tracker, which a plugin brings and declares, is told of incidents; the worker collects its
counts and judges the deploys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

RESET_FILE = "reset-demo"
"""Found in the data directory at the start, it lets the demo begin again."""


def prepare(app: Flask) -> None:
    """Make sure that there is something to enter; opens no connection but the database's.

    The web server calls it before the first request.
    """
    from sleuth.demo import stage  # noqa: PLC0415 - the supervisor reads the name above

    with app.app_context():
        stage.set_up()
