"""Secrets that must turn up nowhere, and the search for them in all that was written."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import quote, quote_plus

from redis import Redis

LENGTH_OF_TRACE = 16
"""So many characters in a row give a secret away, in whatever form."""

Places = dict[str, bytes]
"""What was written, by where it is."""


def new_canary() -> str:
    """Return a secret whose forms all differ, and of which no beginning occurs by chance."""
    return f"{token_hex(6)}+{token_hex(12)}/{token_hex(6)}=="


def traces(secret: str) -> set[bytes]:
    """Return what gives a secret away: pieces of each form that it may have taken."""
    raw = secret.encode()
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    forms |= {json.dumps(secret)[1:-1], raw.hex(), raw.hex().upper()}
    for encode in (b64encode, urlsafe_b64encode):
        for offset, blurred in ((0, 0), (1, 2), (2, 3)):
            forms.add(encode(b"\0" * offset + raw).decode()[blurred:])
    return {piece.encode() for form in forms for piece in _pieces_of(form)}


def _pieces_of(form: str) -> Iterator[str]:
    yield form[:LENGTH_OF_TRACE]
    for start in range(LENGTH_OF_TRACE, len(form) - LENGTH_OF_TRACE + 1, LENGTH_OF_TRACE):
        yield form[start : start + LENGTH_OF_TRACE]


def where(secret: str, places: Places) -> set[str]:
    """Return the places in which a secret left a trace."""
    looked_for = traces(secret)
    return {
        name for name, content in places.items() if any(trace in content for trace in looked_for)
    }


def files_below(folder: Path) -> Places:
    """Return every file that can be read."""
    return {
        f"file {path.relative_to(folder)}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rows_of(database: Path) -> Places:
    """Return every row of an SQLite database, as the database gives it back."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        tables = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            f"table {table}": repr(
                connection.execute(f'SELECT * FROM "{table}"').fetchall()
            ).encode()
            for table in tables
        }


def queue_of(socket: Path) -> Places:
    """Return every key and value that a queue server holds, unpacked."""
    client = Redis(unix_socket_path=str(socket))
    readers: dict[bytes, Any] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": client.xrange,
        b"none": lambda _key: b"",  # it went between being named and being looked at
    }
    found = {
        f"queue {key.decode()}": b"\n".join(_pieces([key, readers[client.type(key)](key)]))
        for key in client.scan_iter()
    }
    client.close()
    return found


def queue_log_of(folder: Path) -> Places:
    """Return every command that a queue server was ever given, unpacked."""
    return {
        f"queue log {path.name}": b"\n".join(_pieces(list(_words(path.read_bytes()))))
        for path in folder.rglob("*.aof")
    }


def _words(log: bytes) -> Iterator[bytes]:
    """Read the words of the commands in an append-only file."""
    at = 0
    while found := re.compile(rb"\$(\d+)\r\n").search(log, at):
        at = found.end() + int(found[1])
        yield log[found.end() : at]


def _pieces(value: Any) -> Iterator[bytes]:
    """Return the texts inside a value, those that RQ has compressed as well."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set):
        for each in value:
            yield from _pieces(each)
    elif isinstance(value, bytes):
        yield value
        try:
            yield zlib.decompress(value)
        except zlib.error:
            return
