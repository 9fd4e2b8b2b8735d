"""What Sentry's answers mean: the parsed body, or a TrackerError in words for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sleuth.plugin_api import HttpAnswer, Reason, TrackerError

BUSY_RETRY_SECONDS = 60.0
DAILY_SECONDS = 86_400.0
LIMITED_TO_ORGANIZATIONS = "This token access is limited to organization endpoints."

_BUSY = re.compile(
    r"try again|timeout|too many (simultaneous|concurrent)|memory|rate limit", re.IGNORECASE
)
_NEW_TOKEN = "Generate a new token in Sentry and enter it."  # noqa: S105 - advice
_DEAD_TOKENS = {
    "Invalid token": "Sentry does not know this token: it was revoked, or not copied completely.",
    "Invalid org token": "Sentry does not know this organization token: it was revoked, or not "
    "copied completely.",
    "Token expired": "This Sentry token has expired.",
    "User inactive or deleted": "The Sentry user who made this token is inactive or deleted.",
    "UserApplication inactive or deleted": "The Sentry application that issued this token is "
    "inactive or deleted.",
    "Unauthorized organization access.": "This token is not valid for this Sentry organization.",
    "Cannot resolve organization from token.": "Sentry cannot tell which organization this token "
    "belongs to.",
}
_BARRIERS = {
    "sso-required": "The Sentry organization requires single sign-on. The owner of the token has "
    "to sign in to Sentry through it once; then try again.",
    "2fa-required": "The Sentry organization requires two-factor authentication (2FA). The owner "
    "of the token has to set it up in Sentry; then try again.",
    "member-disabled-over-limit": "The membership of the token's owner is disabled, because the "
    "Sentry organization has more members than its plan allows. Somebody has to enable it in "
    "Sentry.",
    "data-secrecy": "The Sentry organization has data secrecy switched on, which closes it to "
    "this token.",
}


class BusyError(TrackerError):
    """Sentry gave up on a query; a smaller one may succeed."""

    def __init__(self) -> None:
        super().__init__(
            "Sentry could not finish the query in time; this usually passes within minutes.",
            retry_after=BUSY_RETRY_SECONDS,
        )


@dataclass(frozen=True, slots=True)
class Detail:
    """Why Sentry refused: a machine's code where it gave one, and its words."""

    code: str
    text: str


def parsed(answer: HttpAnswer) -> Any:
    """Return the body of a successful answer.

    Raises:
        TrackerError: ``bad_answer``: a web page, or no JSON, or nothing that says it is.
    """
    if answer.text.lstrip().startswith("<"):
        raise TrackerError(
            "A web page came back instead of data, as from a login page or a proxy between "
            "this server and Sentry.",
            reason="bad_answer",
        )
    if "json" not in header_of(answer, "content-type", "json"):
        raise TrackerError(
            "Sentry's answer does not call itself JSON; it was not used.", reason="bad_answer"
        )
    try:
        return answer.json()
    except TrackerError as error:
        raise TrackerError(
            "Sentry's answer was cut short or is not JSON.",
            reason="bad_answer",
        ) from error


@contextmanager
def known_shape(what: str) -> Iterator[None]:
    """Turn the exceptions of reading an unexpected document into a TrackerError."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        message = f"Sentry sent {what} in a shape that is not known here."
        raise TrackerError(message, reason="bad_answer") from error


def detail_of(answer: HttpAnswer) -> Detail:
    """Return the refusal in an answer: its detail may be text, an object, a list or missing."""
    try:
        body = answer.json()
    except TrackerError:
        return Detail("", "")
    detail = body.get("detail", body) if isinstance(body, dict) else body
    if isinstance(detail, dict) and "code" in detail:
        return Detail(str(detail["code"]), _snippet(detail.get("message", "")))
    return Detail("", _snippet(detail))


def error_of(answer: HttpAnswer, what: str, now: datetime) -> TrackerError:
    """Return the error that an unsuccessful answer stands for.

    Args:
        what: What was asked for, as it reads in "Sentry does not know …".
        now: For the instant named in the rate limit headers.
    """
    status, detail = answer.status, detail_of(answer)
    if status == 400:
        return _rejected(detail)
    if status == 401:
        return _unauthorized(detail)
    if status == 403:
        return _permanent(f"Sentry does not let this token read {what}.", "forbidden")
    if status == 404:
        return _permanent(f"Sentry does not know {what}.", "not_found")
    if status == 429:
        return _too_often(answer, now)
    if status >= 500:
        return _server_error(answer, now)
    return _elsewhere(status, detail, what)


def _rejected(detail: Detail) -> TrackerError:
    if _BUSY.search(detail.text):
        return BusyError()
    words = detail.text.rstrip(".") or "it does not say why"
    return TrackerError(f"Sentry rejected the request: {words}.", reason="bad_answer")


def _unauthorized(detail: Detail) -> TrackerError:
    if detail.code in _BARRIERS:
        return TrackerError(
            _BARRIERS[detail.code], retry_after=DAILY_SECONDS, reason="action_required"
        )
    words = detail.text.rstrip(".") or "it does not say why"
    cause = _DEAD_TOKENS.get(detail.text, f"Sentry refused the token: {words}.")
    return _permanent(f"{cause} {_NEW_TOKEN}", "credentials")


def _too_often(answer: HttpAnswer, now: datetime) -> TrackerError:
    return TrackerError(
        "Sentry has had too many requests from this account and asks to wait a moment.",
        retry_after=_retry_after(answer, now),
        reason="rate_limited",
    )


def _server_error(answer: HttpAnswer, now: datetime) -> TrackerError:
    return TrackerError(
        f"Sentry has a problem on its side (HTTP {answer.status}); "
        "https://status.sentry.io may know more.",
        retry_after=_retry_after(answer, now),
    )


def _elsewhere(status: int, detail: Detail, what: str) -> TrackerError:
    if detail.code == "resource-moved":
        return _permanent(f"Sentry says that {what} was renamed. Choose it again.", "not_found")
    return TrackerError(
        f"Sentry answered in a way that is not known here (HTTP {status}).", reason="bad_answer"
    )


def _permanent(message: str, reason: Reason) -> TrackerError:
    return TrackerError(message, permanent=True, reason=reason)


def _retry_after(answer: HttpAnswer, now: datetime) -> float | None:
    """Return the longer of the two waits that Sentry may name, None if it names none."""
    waits = (
        _wait(header_of(answer, "retry-after"), now),
        _wait_until(header_of(answer, "x-sentry-rate-limit-reset"), now),
    )
    named = [wait for wait in waits if wait is not None]
    return max(1.0, *named) if named else None


def _wait(value: str, now: datetime) -> float | None:
    if (seconds := number_in(value)) is not None:
        return float(seconds)
    try:
        return (parsedate_to_datetime(value) - now).total_seconds()
    except (TypeError, ValueError):
        return None


def _wait_until(value: str, now: datetime) -> float | None:
    reset = number_in(value)
    return None if reset is None else reset - now.timestamp()


def number_in(header: str) -> int | None:
    """Return the whole number that a header holds; absurd ones count as none."""
    text = header.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def header_of(answer: HttpAnswer, name: str, otherwise: str = "") -> str:
    """Return a header by its name in lower case."""
    headers = {key.lower(): value for key, value in answer.headers.items()}
    return headers.get(name, otherwise)


def name_of(value: Any) -> str:
    """Return an id or a name that may be written as a number.

    Raises:
        TypeError: it is neither text nor a whole number.
    """
    if type(value) not in {int, str}:
        raise TypeError(f"no name: {value!r}")
    return str(value)


def _snippet(value: Any) -> str:
    return " ".join(_words(value).split())[:200]


def _words(value: Any) -> str:
    """Return what a document says, without its brackets and quotation marks."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_words(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(filter(None, map(_words, value)))
    return "" if value is None else str(value)
