"""Hashing passwords with Argon2; slow on purpose, so never inside ``with write():``."""

from __future__ import annotations

import secrets
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

hasher = PasswordHasher()

# Each hash takes 64 MiB while it is made: strangers at the door must not fill the memory.
_turnstile = BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """Return the hash to store."""
    with _turnstile:
        return hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Tell whether the password belongs to the hash.

    Args:
        password_hash: None where nobody was found; takes as long, so that an answer's
            time does not tell who has an account.
    """
    stand_in = _nobodys_hash(hasher)
    with _turnstile:
        try:
            hasher.verify(password_hash or stand_in, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Tell whether the hash was made with other parameters than today's."""
    return hasher.check_needs_rehash(password_hash)


@lru_cache(maxsize=1)
def _nobodys_hash(current: PasswordHasher) -> str:
    return current.hash(secrets.token_urlsafe())
