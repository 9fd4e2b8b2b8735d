"""The one-time code that guards the set-up page: who can read it runs this server."""

from __future__ import annotations

import base64
import hmac
import secrets
from pathlib import Path

from flask import Flask, current_app

from sleuth.accounts.organizations import is_set_up
from sleuth.config import create_once

FILE_NAME = "setup-code"
GROUP = 4


def ensure(app: Flask) -> str | None:
    """Return the code to show to whoever starts the server, making it at need.

    Returns:
        None once anybody has an account; the file is gone then.

    Raises:
        OSError: The data directory cannot be written.
    """
    with app.app_context():
        if is_set_up():
            forget()
            return None
        return _read() or _create()


def is_right(entered: str) -> bool:
    """Tell whether this is the code, however it is written: ``abcd efgh …`` does."""
    code = _read()
    return bool(code) and hmac.compare_digest(_bare(entered), _bare(code))


def forget() -> None:
    """Remove the code, which is of no use any more."""
    _path().unlink(missing_ok=True)


def _path() -> Path:
    return Path(current_app.config["SLEUTH_DATA_DIR"], FILE_NAME)


def _read() -> str:
    try:
        return _path().read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _create() -> str:
    create_once(_path(), _new_code())
    return _read()


def _new_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))


def _bare(code: str) -> bytes:
    return "".join(each for each in code.lower() if each.isalnum()).encode()
