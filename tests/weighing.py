"""What a page costs a browser and the database: bytes, requests, statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

MOST_BYTES = 160_000
MOST_REQUESTS = 12
MOST_STATEMENTS = 12
MOST_BYTES_OF_A_CARD = 4_000
STATIC = re.compile(r'(?:href|src)="(/static/[^"#]+)')
ACCEPTS = {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}
"""What a browser says of itself."""

_OF_THE_DRIVER = ("BEGIN", "PRAGMA")
"""What begins and ends a transaction is no statement of ours; PostgreSQL's driver hides it."""


@dataclass(frozen=True)
class Visit:
    """What a browser that has never been here fetches for one page.

    Args:
        page: The page itself.
        files: What it refers to, by address.
    """

    page: TestResponse
    files: dict[str, TestResponse]

    @property
    def requests(self) -> int:
        """How often it asks."""
        return 1 + len(self.files)

    @property
    def size(self) -> int:
        """The bytes of all bodies as they travel."""
        return sum(len(each.data) for each in (self.page, *self.files.values()))


def first_visit(client: FlaskClient, url: str) -> Visit:
    """Fetch a page and everything static that it refers to, compressed."""
    page = client.get(url, headers=ACCEPTS)
    markup = client.get(url).text
    files = {each: client.get(each, headers=ACCEPTS) for each in set(STATIC.findall(markup))}
    return Visit(page, files)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that are executed inside the block."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(_OF_THE_DRIVER):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
