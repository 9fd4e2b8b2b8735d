"""What has to hold of the inputs of the impact dialogs, beside what each tracker declares."""

from __future__ import annotations

from typing import ClassVar, Protocol

from wtforms import Field, ValidationError
from wtforms.validators import StopValidation

from sleuth.impact.offers import Offer


class Dialog(Protocol):
    """What of the form these rules look at."""

    offers: dict[str, Offer]

    def error_environment(self) -> str | None:
        """Return the tracker's environment: None for all, "" for events without one."""

    def values(self) -> dict[str, str]:
        """Return what is entered for the tracker's fields other than the project."""

    def typed(self, name: str) -> str:
        """Return what is typed because a field's drop-down does not list it."""


class Wanted:
    """Something has to be entered, or chosen, beside white space."""

    field_flags: ClassVar = {"required": True}

    def __init__(self, name: str, message: str) -> None:
        self.name, self.message = name, message

    def __call__(self, form: Dialog, field: Field) -> None:
        if not form.values()[self.name]:
            raise StopValidation(self.message)


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
        typed = form.typed(self.name)
        if not (offer.accepts(typed) if typed else not field.data or offer.holds(field.data)):
            is_known = offer.state in {"listed", "waits"}
            gone = "That is not offered here. Choose another."
            raise ValidationError(gone if is_known else "Wait for the list, then choose again.")
