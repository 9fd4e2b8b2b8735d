"""The forms of the dialogs: the one that connects is built from what a tracker declares."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, Length, Optional

from sleuth.accounts.forms import ConfirmForm
from sleuth.plugin_api import CredentialField, TrackerInfo
from sleuth.trackers.patterns import fits

MOST_CHARACTERS = 4096
QUOTES = "\"'`“”‘’"


class CredentialsForm(FlaskForm):  # type: ignore[misc]
    """Base of the forms that ``credentials_form`` builds."""

    asked: tuple[CredentialField, ...] = ()

    def credentials(self) -> dict[str, str]:
        """Return what was pasted, by field name, without white space or quotes around it."""
        return {each.name: _pasted(self[each.name]) for each in self.asked}

    def fields(self) -> list[Field]:
        """Return the inputs in the order in which the tracker declares them."""
        return [self[each.name] for each in self.asked]


def credentials_form(
    info: TrackerInfo, *, kept: Iterable[str] = (), asks_for: Iterable[str] = ()
) -> CredentialsForm:
    """Return the form that asks for a tracker's credentials.

    Args:
        kept: Names of fields pasted before, which need not be asked again.
        asks_for: Names of on-demand fields that the tracker wants now.
    """
    kept, asks_for = set(kept), set(asks_for)
    asked = tuple(
        each
        for each in info.credential_fields
        if each.name not in kept and (not each.is_on_demand or each.name in asks_for)
    )
    inputs = {each.name: _input(each) for each in asked}
    form: CredentialsForm = type(
        "CredentialsForm", (CredentialsForm,), {**inputs, "asked": asked}
    )()
    return form


def _input(field: CredentialField) -> Field:
    kind = PasswordField if field.is_secret else StringField
    wanted = DataRequired(f"Enter the {field.label}.") if field.is_required else Optional()
    shown = {"autocomplete": "off", "spellcheck": "false"}
    if field.placeholder:
        shown["placeholder"] = field.placeholder
    return kind(
        field.label,
        filters=[_unwrapped],
        validators=[
            wanted,
            Length(max=MOST_CHARACTERS),
            Fits(field.pattern, field.pattern_message, _pasted),
        ],
        description=field.help,
        render_kw=shown,
    )


class Fits:
    """What is entered looks as the tracker says that it does; else in the tracker's words.

    Args:
        clean: Returns what will be used of a field's data.
    """

    def __init__(self, pattern: str, message: str, clean: Callable[[Field], str]) -> None:
        self.pattern, self.message, self.clean = pattern, message, clean

    def __call__(self, _form: FlaskForm, field: Field) -> None:
        if not fits(self.pattern, self.clean(field)):
            raise ValidationError(self.message)


def trimmed(text: str, also: str = "") -> str:
    """Return a text without what is invisible at its ends, such as a zero-width space.

    Args:
        also: Characters that are removed there, too.
    """
    kept = [at for at, each in enumerate(text) if not (_is_invisible(each) or each in also)]
    return text[kept[0] : kept[-1] + 1] if kept else ""


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"


def _unwrapped(text: str | None) -> str:
    """Return what was copied, without what a terminal or a document put around and into it."""
    on_one_line = re.sub(r"\s*[\r\n\u2028\u2029]+\s*", "", trimmed(text or "", also=QUOTES))
    return "".join(each for each in on_one_line if unicodedata.category(each) != "Cf")


def _pasted(field: Field) -> str:
    return field.data or ""


class DisableForm(ConfirmForm):
    """Wants the organization's name typed, so that nobody disables a tracker by accident."""

    organization = StringField(
        "Organization", render_kw={"autocomplete": "off", "spellcheck": "false"}
    )

    def __init__(self, *, organization_name: str) -> None:
        super().__init__()
        self._name = organization_name
        self.organization.label.text = f"Type {organization_name} to confirm"

    def validate_organization(self, field: Field) -> None:
        """Accept the name as people type it: with other spaces, or in small letters."""
        if _as_typed(field.data or "") != _as_typed(self._name):
            raise ValidationError(f"Type the name of the organization, {self._name}.")


def _as_typed(name: str) -> str:
    return " ".join(name.split()).casefold()
