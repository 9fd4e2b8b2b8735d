"""What ties a form field to its label, its help and its errors."""

from __future__ import annotations

from flask import Flask
from wtforms import Field

from sleuth.web.responses import is_htmx


def init_app(app: Flask) -> None:
    """Offer the functions below to templates."""
    app.jinja_env.globals.update(input_id=input_id, described_by=described_by)


def input_id(field: Field) -> str:
    """Return the id of a field's input.

    A dialog lies on top of a page that may have a field of the same name.
    """
    return f"dialog-{field.id}" if is_htmx() else str(field.id)


def described_by(field: Field, help_text: str) -> dict[str, str]:
    """Return the attributes that let a screen reader read help and errors with the input."""
    identity = input_id(field)
    notes = [f"{identity}-error"] if field.errors else []
    if help_text:
        notes.append(f"{identity}-help")
    attributes = {"aria-describedby": " ".join(notes)} if notes else {}
    return {**attributes, "aria-invalid": "true"} if field.errors else attributes
