"""Columns that are encrypted at rest, the rotation of their keys, and masking.

Keys come from ``SLEUTH_ENCRYPTION_KEYS``, a comma-separated list of Fernet keys: the
first one encrypts, every one decrypts. They are separate from the session key.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app
from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    MetaData,
    Table,
    Text,
    literal,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import TypeDecorator

MASKABLE_LENGTH = 12


class EncryptionKeyError(RuntimeError):
    """The configured keys are missing, malformed, or not those a value was written with."""


def masked(secret: str) -> str:
    """Return what may be shown of a secret: its last four characters, if it is long enough."""
    return f"…{secret[-4:]}" if len(secret) >= MASKABLE_LENGTH else "…"


class EncryptedText(TypeDecorator[str]):
    """A string that is ciphertext in the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else _fernet().encrypt(value.encode()).decode()

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else _decrypt(value)


class EncryptedJSON(TypeDecorator[Any]):
    """A JSON value that is ciphertext in the database. Assign a new value to change it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        return None if value is None else _fernet().encrypt(json.dumps(value).encode()).decode()

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        return None if value is None else json.loads(_decrypt(value))


def rotate_keys(connection: Connection, metadata: MetaData) -> int:
    """Encrypt every encrypted value anew with the first key, and return how many there were.

    The caller opens the transaction that may write, and commits it. Afterwards the
    older keys can be removed from the settings.

    Raises:
        EncryptionKeyError: a value was written with a key that is not configured.
    """
    return sum(
        _rotate_column(connection, table, column)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, EncryptedText | EncryptedJSON)
    )


def _rotate_column(connection: Connection, table: Table, column: Column[Any]) -> int:
    keys = list(table.primary_key.columns)
    ciphertext = type_coerce(column, Text())
    rows = connection.execute(select(*keys, ciphertext).where(column.is_not(None))).all()
    for *key, value in rows:
        matches = [part == wanted for part, wanted in zip(keys, key, strict=True)]
        rotated = literal(_rotate(value), Text())
        connection.execute(update(table).where(*matches).values({column: rotated}))
    return len(rows)


def _rotate(value: str) -> str:
    try:
        return _fernet().rotate(value.encode()).decode()
    except InvalidToken:
        raise _unknown_key() from None


def _decrypt(value: str) -> str:
    try:
        return _fernet().decrypt(value.encode()).decode()
    except InvalidToken:
        raise _unknown_key() from None


def _unknown_key() -> EncryptionKeyError:
    return EncryptionKeyError(
        "A stored secret was written with a key that is not in SLEUTH_ENCRYPTION_KEYS. "
        "Put that key back at the end of the list."
    )


def _fernet() -> MultiFernet:
    return _fernet_of(current_app.config["SLEUTH_ENCRYPTION_KEYS"])


@lru_cache(maxsize=8)
def _fernet_of(keys: str) -> MultiFernet:
    try:
        fernets = [Fernet(key.strip()) for key in keys.split(",") if key.strip()]
    except ValueError:
        raise EncryptionKeyError(
            "SLEUTH_ENCRYPTION_KEYS holds something that is not a Fernet key "
            "(32 random bytes in url-safe base64)."
        ) from None
    if not fernets:
        raise EncryptionKeyError("SLEUTH_ENCRYPTION_KEYS is empty; no secret can be stored.")
    return MultiFernet(fernets)
