"""What ties a form field to its help and its errors."""

from __future__ import annotations

from flask import Flask
from wtforms import Field


def init_app(app: Flask) -> None:
    """Offer ``described_by`` to the form macros."""
    app.jinja_env.globals["described_by"] = described_by


def described_by(field: Field, identity: str, help_text: str) -> dict[str, str]:
    """Return the attributes that let a screen reader read help and errors with the input.

    Args:
        identity: The input's id in the page.
    """
    notes = [f"{identity}-error"] if field.errors else []
    if help_text:
        notes.append(f"{identity}-help")
    attributes = {"id": identity}
    if notes:
        attributes["aria-describedby"] = " ".join(notes)
    if field.errors:
        attributes["aria-invalid"] = "true"
    return attributes
