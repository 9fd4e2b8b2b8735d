"""Addresses that strangers wrote, before they become links."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
"""Where the stand-in for a tracker answers in the demo."""


def web_address(value: Any) -> str:
    """Return ``value`` if it is an address of the web, else "": nothing else is a link."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text.lower().startswith(("https://", "http://")) else ""


def secure_address(value: Any) -> str:
    """Return ``value`` if it is an https address, or one of this very machine, else ""."""
    text = web_address(value)
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    is_safe = parts.scheme.lower() == "https" or parts.hostname in THIS_MACHINE
    return text if is_safe and parts.hostname else ""
