"""Where a page ended, as text that its reader can hand back but neither read nor make.

The same place is always the same text, so that a page which has not changed keeps its ETag.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from flask import current_app
from werkzeug.exceptions import BadRequest

WRONG = (
    "cursor is not one that this request was given: take it from “next” of the page before, "
    "and leave the other parameters as they were."
)
Place = list[Any]
Request = list[Any]
"""What a cursor is good for; JSON."""


def sealed(place: Place, request: Request) -> str:
    """Return a cursor.

    Args:
        place: Where to go on; JSON.
        request: What was asked: with any other request the cursor does not work.
    """
    text = _cipher().encrypt(json.dumps(place).encode(), _bound(request))
    return urlsafe_b64encode(text).decode().rstrip("=")


def opened(cursor: str, request: Request) -> Place:
    """Return where to go on.

    Raises:
        BadRequest: The cursor was made up, changed, or made for another request.
    """
    try:
        text = b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), b"-_", validate=True)
        place: Place = json.loads(_cipher().decrypt(text, _bound(request)))
    except (ValueError, InvalidTag):
        raise BadRequest(WRONG) from None
    return place


def _cipher() -> AESSIV:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return AESSIV(hashlib.sha512(b"cursor of the API\0" + secret).digest())


def _bound(request: Request) -> list[bytes]:
    return [json.dumps(request).encode()]
