"""The doctor: finds what is wrong, and changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from sleuth import doctor, migrating, queue, trackers
from sleuth.extensions import db
from sleuth.factory import create_app
from sleuth.trackers import LoadFailure
from sleuth.trackers.calls import Origin

Examine = Callable[..., dict[str, doctor.Finding]]


@pytest.fixture
def examine(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Examine an application whose queue answers; returns findings by name."""
    monkeypatch.setattr(queue, "is_reachable", lambda: True)

    def run(**changed: Any) -> dict[str, doctor.Finding]:
        app = create_app({**settings, **changed})
        findings = doctor.examine(app)
        with app.app_context():
            db.engine.dispose()
        return {each.name: each for each in findings}

    return run


@pytest.mark.sqlite
def test_all_is_well_after_a_start(examine: Examine, settings: dict[str, Any]) -> None:
    app = create_app(settings)
    migrating.upgrade(app)
    with app.app_context():
        db.engine.dispose()
    findings = examine()
    assert [each.name for each in findings.values() if not each.is_ok] == []
    assert list(findings) == [
        "data directory",
        "keys",
        "database",
        "migrations",
        "queue",
        "plugins",
    ]


def test_tables_of_another_version_are_noticed(examine: Examine, app: Flask) -> None:
    assert "./run brings them up to date" in examine()["migrations"].detail


def test_a_missing_data_directory_is_noticed(examine: Examine, tmp_path: Path) -> None:
    found = examine(SLEUTH_DATA_DIR=str(tmp_path / "nowhere"))["data directory"]
    assert not found.is_ok
    assert "does not exist" in found.detail


def test_a_data_directory_that_cannot_be_written_is_noticed(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, *mode: path != tmp_path and access(path, *mode))
    assert "cannot be written" in examine()["data directory"].detail


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"SLEUTH_ENCRYPTION_KEYS": ""}, "Keys are missing"),
        ({"SLEUTH_SECRET_KEY": ""}, "Keys are missing"),
        ({"SLEUTH_ENCRYPTION_KEYS": "not-a-key"}, "not a Fernet key"),
    ],
)
def test_keys_that_are_of_no_use_are_noticed(
    examine: Examine, changed: dict[str, str], sentence: str
) -> None:
    found = examine(**changed)["keys"]
    assert not found.is_ok
    assert sentence in found.detail


def test_keys_that_others_may_read_are_noticed(examine: Examine, tmp_path: Path) -> None:
    path = tmp_path / "secret-key"
    path.write_text("secret")
    path.chmod(0o644)
    assert "chmod 600" in examine()["keys"].detail
    path.chmod(0o600)
    assert examine()["keys"].is_ok


def test_a_database_that_does_not_exist_yet_is_noticed(examine: Examine, tmp_path: Path) -> None:
    findings = examine(SLEUTH_DATABASE_URL=f"sqlite:///{tmp_path / 'none.db'}")
    assert "does not exist; ./run creates it" in findings["database"].detail
    assert "migrations" not in findings
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_database_is_noticed(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database at all." * 100)
    found = examine(SLEUTH_DATABASE_URL=f"sqlite:///{tmp_path / 'text.db'}")["database"]
    assert not found.is_ok
    assert "file is not a database" in found.detail


def test_a_password_in_an_address_is_not_shown(examine: Examine) -> None:
    findings = examine(
        SLEUTH_DATABASE_URL="postgresql://sleuth:secret@127.0.0.1:1/sleuth",
        SLEUTH_REDIS_URL="redis://:secret@127.0.0.1:1/0",
    )
    assert not findings["database"].is_ok
    assert "secret" not in findings["database"].detail
    assert findings["queue"].detail == "127.0.0.1:1/0"


def test_a_queue_that_does_not_answer_is_noticed(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "is_reachable", lambda: False)
    assert "does not answer" in examine()["queue"].detail


def test_a_plugin_that_failed_to_load_is_noticed(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = LoadFailure("broken", Origin("broken", "plugins", ""), None, "It cannot be imported.")
    registry = trackers.Registry(failures=[failure])
    monkeypatch.setattr(trackers, "current", lambda: registry)
    assert examine()["plugins"].detail == "broken: It cannot be imported."
