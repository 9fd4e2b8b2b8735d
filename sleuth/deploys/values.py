"""Readers of single parameters: each returns what is stored, or says what is wrong.

Every reader takes the parameter's name as the caller knows it, and its value from JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sleuth.text import clean, one_line

LONGEST_WORD = 255
LONGEST_EMAIL = 254
LONGEST_URL = 2_000
LONGEST_PROSE = 5_000
LONGEST_SENTENCE = 500

TRUE = {"true", "1", "yes", "on"}
FALSE = {"false", "0", "no", "off", ""}

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_LOST_PLUS = re.compile(r"(.+:\d\d(?:[.,]\d+)?) (\d\d:?\d\d)$")
"""A form turns the + before an offset into a space."""
_NUMBER = re.compile(r"[0-9]{1,9}")

Reader = Callable[[str, Any], Any]


class ParameterError(ValueError):
    """A parameter cannot be used; the message is a sentence that names it."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message)[:LONGEST_SENTENCE])


class TooLargeError(ParameterError):
    """There is more of something than is kept."""


def word(name: str, value: Any) -> str:
    """Read one line without spaces, such as a revision."""
    text = line(name, value)
    if " " in text:
        raise ParameterError(f"{name} must not contain spaces.")
    return text


def line(name: str, value: Any) -> str:
    """Read one line of at most 255 characters."""
    text = one_line(_text(name, value))
    if len(text) > LONGEST_WORD:
        raise ParameterError(f"{name} is longer than {LONGEST_WORD} characters.")
    return text


def prose(name: str, value: Any) -> str:
    """Read text of any length; what is beyond 5,000 characters is cut off."""
    return clean(_text(name, value))[:LONGEST_PROSE]


def number(name: str, value: Any) -> int:
    """Read a whole number from zero to a billion."""
    if isinstance(value, bool) or not _NUMBER.fullmatch(str(value)):
        raise ParameterError(f"{name} must be a whole number.")
    return int(value)


def flag(name: str, value: Any) -> bool:
    """Read true or false, as a word or as JSON."""
    text = str(value).strip().lower() if isinstance(value, bool | int | str) else None
    if text not in TRUE | FALSE:
        raise ParameterError(f"{name} must be true or false.")
    return text in TRUE


def url(name: str, value: Any) -> str:
    """Read a web address; nothing else may be shown as a link."""
    text = one_line(_text(name, value))
    if not _is_web_address(text):
        raise ParameterError(f"{name} must be an address that begins with http:// or https://.")
    if len(text) > LONGEST_URL:
        raise ParameterError(f"{name} is longer than {LONGEST_URL} characters.")
    return text


def email(name: str, value: Any) -> str:
    """Read an e-mail address."""
    text = line(name, value)
    if text and (not _EMAIL.fullmatch(text) or len(text) > LONGEST_EMAIL):
        raise ParameterError(f"{name} is not an e-mail address.")
    return text


def moment(name: str, value: Any) -> datetime:
    """Read a date and time in ISO 8601; without an offset it is UTC."""
    text = _text(name, value).strip()
    try:
        found = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ParameterError(
            f"{name} must be a date in ISO 8601, for example 2026-03-04T12:00:00Z."
        ) from None


def timestamp(name: str, value: Any) -> str:
    """Read a date and time into the form in which JSON keeps it."""
    return moment(name, value).isoformat()


def items(name: str, value: Any, read: Reader, at_most: int) -> list[Any]:
    """Read a list, each of its items by ``read``; a form brings it as JSON."""
    found = parsed(name, value)
    if not isinstance(found, list):
        raise ParameterError(f"{name} must be a list.")
    if len(found) > at_most:
        raise TooLargeError(f"{name} has {len(found)} items; at most {at_most} are kept.")
    return [read(f"{name}[{index}]", each) for index, each in enumerate(found)]


def record(
    name: str, value: Any, fields: Mapping[str, Reader], needs: Sequence[str] = ()
) -> dict[str, Any]:
    """Read an object: the fields named, of which one of ``needs`` must be there."""
    if not isinstance(value, dict):
        raise ParameterError(f"{name} must be an object.")
    found = {
        key: read(f"{name}.{key}", value[key])
        for key, read in fields.items()
        if value.get(key) not in (None, "")
    }
    if needs and not any(found.get(key) for key in needs):
        raise ParameterError(f"{name}.{needs[0]} is missing.")
    return found


def parsed(name: str, value: Any) -> Any:
    """Return what a form's text stands for in JSON; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return from_json(value)
    except ValueError:
        raise ParameterError(f"{name} is not valid JSON.") from None


def from_json(text: str | bytes) -> Any:
    """Read JSON.

    Raises:
        ValueError: It is none, or nested so deeply that it was made to do harm.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ParameterError(f"{name} must be text.")
    return str(value)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text
    except ValueError:
        return False
