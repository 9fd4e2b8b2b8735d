"""How often somebody may be wrong at the door; being right does not count."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from flask import Response, request
from flask_limiter import RouteLimit
from flask_limiter.util import get_remote_address
from flask_login import current_user

from sleuth.accounts.rules import normal_email
from sleuth.extensions import limiter

BY_ADDRESS = "20 per minute"
BY_EMAIL = "10 per 5 minutes"
BY_PERSON = "10 per 5 minutes"


def by_address() -> RouteLimit:
    """Limit wrong attempts from one network address."""
    return _limit(BY_ADDRESS, get_remote_address)


def by_email() -> RouteLimit:
    """Limit wrong attempts at one e-mail address, wherever they come from."""
    return _limit(BY_EMAIL, _email)


def by_person() -> RouteLimit:
    """Limit wrong attempts of whoever is signed in."""
    return _limit(BY_PERSON, lambda: str(current_user.id))


def _limit(amount: str, key: Callable[[], str]) -> RouteLimit:
    return limiter.limit(
        amount, key_func=key, methods=["POST"], deduct_when=_was_wrong, error_message=_sentence
    )


def _email() -> str:
    return hashlib.sha256(normal_email(request.form.get("email", "")).encode()).hexdigest()


def _was_wrong(response: Response) -> bool:
    return response.status_code == 422


def _sentence() -> str:
    limit = limiter.current_limit
    seconds = limit.reset_at - time.time() if limit else 60
    minutes = max(round(seconds / 60), 1)
    return f"Try again in {minutes} {'minute' if minutes == 1 else 'minutes'}."
