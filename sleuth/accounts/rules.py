"""What names, e-mail addresses and passwords must look like."""

from __future__ import annotations

import re

LONGEST_NAME = 120
LONGEST_EMAIL = 254
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000

_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+")


class RuleError(Exception):
    """A change that the rules refuse.

    Args:
        message: One sentence for whoever asked: what is wrong and what to do about it.
        field: The form field that it belongs to; empty for the form as a whole.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def checked_name(text: str, what: str = "name", field: str = "name") -> str:
    """Return a name with single spaces only.

    Raises:
        RuleError: It is empty or longer than 120 characters.
    """
    name = " ".join(text.split())
    if not name:
        raise RuleError(f"Enter the {what}.", field)
    if len(name) > LONGEST_NAME:
        raise RuleError(f"The {what} may have {LONGEST_NAME} characters at most.", field)
    return name


def normal_email(text: str) -> str:
    """Return the form in which an e-mail address is stored and compared."""
    return text.strip().lower()


def checked_email(text: str, field: str = "email") -> str:
    """Return an e-mail address as it is stored.

    Raises:
        RuleError: It does not look like one.
    """
    email = normal_email(text)
    if not _EMAIL.fullmatch(email) or len(email) > LONGEST_EMAIL:
        raise RuleError("Enter an e-mail address like name@example.com.", field)
    return email


def checked_password(password: str, email: str, field: str = "password") -> str:
    """Return a password that is good enough for the person with this e-mail address.

    Raises:
        RuleError: It is too short, too long, or the e-mail address itself.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise RuleError(f"The password needs {SHORTEST_PASSWORD} characters or more.", field)
    if len(password) > LONGEST_PASSWORD:
        raise RuleError(f"The password may have {LONGEST_PASSWORD} characters at most.", field)
    if normal_email(password) == normal_email(email):
        raise RuleError("The password must not be the e-mail address.", field)
    return password
