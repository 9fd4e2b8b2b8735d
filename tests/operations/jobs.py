"""Jobs for the tests; they leave lines in a file of the data directory."""

from __future__ import annotations

import os
import time
from pathlib import Path

from flask import current_app

from sleuth.extensions import db


def notes_of(data_dir: Path) -> list[str]:
    """Return the lines that jobs have left."""
    file = data_dir / "notes"
    return file.read_text().splitlines() if file.exists() else []


def note(text: str) -> None:
    """Leave a line."""
    with Path(current_app.config["SLEUTH_DATA_DIR"], "notes").open("a") as file:
        file.write(f"{text} {os.getpid()}\n")


def leave_note(number: int) -> None:
    """Leave one line."""
    note(f"job {number}")


def look_at_database() -> None:
    """Leave a line if the database answers."""
    with db.engine.connect():
        note("database")


def fail() -> None:
    """Do what no job should do."""
    note("failing")
    raise RuntimeError("This job is broken.")


def wait(seconds: int) -> None:
    """Leave a line, and another one much later."""
    note("began")
    time.sleep(seconds)
    note("ended")
