"""What is made true before the application is of use, and how it is said if it cannot be."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import flask_migrate
import pytest

from sleuth.factory import create_app
from sleuth.serve.prepare import PreparationError, migrate, prepared_app

pytestmark = pytest.mark.sqlite


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory that does not exist yet, and no other setting."""
    for name in ("SLEUTH_DATABASE_URL", "SLEUTH_SECRET_KEY", "SLEUTH_ENCRYPTION_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLEUTH_DATA_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


def test_keys_and_tables_are_created(data_dir: Path) -> None:
    app = prepared_app()
    assert app.config["SECRET_KEY"] == (data_dir / "secret-key").read_text().strip()
    assert stat.filemode((data_dir / "encryption-keys").stat().st_mode) == "-rw-------"
    assert (data_dir / "sleuth.sqlite3").is_file()


def test_preparing_again_changes_nothing(data_dir: Path) -> None:
    prepared_app()
    before = (data_dir / "secret-key").read_text()
    prepared_app()
    assert (data_dir / "secret-key").read_text() == before


def test_a_setting_that_does_not_parse_is_named(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLEUTH_PORT", "http")
    with pytest.raises(PreparationError, match=r"^SLEUTH_PORT cannot be 'http'"):
        prepared_app()


def test_a_data_directory_that_cannot_be_made_is_named(data_dir: Path) -> None:
    data_dir.write_text("a file in the way")
    with pytest.raises(PreparationError, match=f"The data directory cannot be used: .*{data_dir}"):
        prepared_app()


def test_a_file_that_is_no_database_is_named(settings: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "test.db").write_text("no database, " * 100)
    with pytest.raises(PreparationError, match=r"The database sqlite:.* file is not a database"):
        migrate(create_app(settings))


def test_a_migration_that_gives_up_is_one_sentence(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up() -> None:
        raise SystemExit(1)

    monkeypatch.setattr(flask_migrate, "upgrade", give_up)
    with pytest.raises(PreparationError, match="could not be brought up to date"):
        migrate(create_app(settings))
