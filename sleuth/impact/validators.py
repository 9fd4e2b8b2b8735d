"""What has to hold of the inputs of the impact dialogs, beside what each tracker declares."""

from __future__ import annotations

from typing import ClassVar, Protocol

from wtforms import Field, ValidationError

from sleuth.impact.offers import Offer


class Dialog(Protocol):
    """What of the form these rules look at."""

    offers: dict[str, Offer]

    def error_environment(self) -> str | None:
        """Return the tracker's environment: None for all, "" for events without one."""


class RequiredUnlessNone:
    """The environment must be named unless the box for events without one is ticked.

    Browsers must not insist on it, so it is starred without being ``required`` in HTML.
    """

    field_flags: ClassVar = {"starred": True}

    def __call__(self, form: Dialog, field: Field) -> None:
        if form.error_environment() is None:
            raise ValidationError("Enter the environment's name as the tracker knows it.")


class Offered:
    """What is chosen is what the tracker offers, as far as it has been asked."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, form: Dialog, field: Field) -> None:
        offer = form.offers[self.name]
        if field.data and not offer.holds(field.data):
            is_known = offer.state in {"listed", "waits"}
            gone = "That is not offered here. Choose another."
            raise ValidationError(gone if is_known else "Wait for the list, then choose again.")
