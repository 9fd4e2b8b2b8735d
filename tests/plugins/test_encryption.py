"""Encrypted columns, the rotation of keys, and masking."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import Column, Connection, Integer, MetaData, Table, create_engine, select, text

from sleuth.crypto import EncryptedJSON, EncryptedText, EncryptionKeyError, masked, rotate_keys

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
metadata = MetaData()
safe = Table(
    "safe",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("label", EncryptedText),
    Column("content", EncryptedJSON),
)
ROWS = [(1, "naïve", {"token": "abc", "n": [1]}), (2, None, None)]


@pytest.fixture
def app() -> Iterator[Flask]:
    application = Flask("safe")
    application.config["SLEUTH_ENCRYPTION_KEYS"] = OLD
    with application.app_context():
        yield application


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as opened:
        metadata.create_all(opened)
        names = ("id", "label", "content")
        opened.execute(safe.insert(), [dict(zip(names, row, strict=True)) for row in ROWS])
        yield opened
    engine.dispose()


def stored(connection: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(select(safe).order_by(safe.c.id))]


def test_what_is_stored_comes_back(connection: Connection) -> None:
    assert stored(connection) == ROWS


def test_the_database_holds_ciphertext(connection: Connection) -> None:
    raw = str(connection.execute(text("SELECT * FROM safe")).all())
    assert "abc" not in raw
    assert "token" not in raw
    assert "naïve" not in raw


def test_an_older_key_still_reads(app: Flask, connection: Connection) -> None:
    app.config["SLEUTH_ENCRYPTION_KEYS"] = f"{NEW}, {OLD}"
    assert stored(connection) == ROWS


def test_after_rotation_the_older_key_can_go(app: Flask, connection: Connection) -> None:
    app.config["SLEUTH_ENCRYPTION_KEYS"] = f"{NEW},{OLD}"
    assert rotate_keys(connection, metadata) == 2
    app.config["SLEUTH_ENCRYPTION_KEYS"] = NEW
    assert stored(connection) == ROWS


def test_a_lost_key_is_named_as_the_cause(app: Flask, connection: Connection) -> None:
    app.config["SLEUTH_ENCRYPTION_KEYS"] = NEW
    with pytest.raises(EncryptionKeyError, match="Put that key back"):
        stored(connection)
    with pytest.raises(EncryptionKeyError, match="Put that key back"):
        rotate_keys(connection, metadata)


@pytest.mark.parametrize(("keys", "cause"), [("short", "not a Fernet key"), (" , ", "is empty")])
def test_unusable_keys_are_named_as_the_cause(
    app: Flask, connection: Connection, keys: str, cause: str
) -> None:
    app.config["SLEUTH_ENCRYPTION_KEYS"] = keys
    with pytest.raises(EncryptionKeyError, match=cause):
        stored(connection)


def test_of_a_secret_only_the_last_four_characters_are_shown() -> None:
    assert masked("sntryu_0123456789") == "…6789"
    assert masked("12345678901") == "…"
