"""Addresses that strangers wrote, before they become links."""

from __future__ import annotations

from typing import Any


def web_address(value: Any) -> str:
    """Return ``value`` if it is an address of the web, else "": nothing else is a link."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text.lower().startswith(("https://", "http://")) else ""
