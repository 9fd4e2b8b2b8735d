"""The connect dialog's form, built from what a tracker declares."""

from __future__ import annotations

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField
from wtforms.validators import DataRequired, Length, Optional

from sleuth.plugin_api import CredentialField, TrackerInfo

MOST_CHARACTERS = 4096


class CredentialsForm(FlaskForm):  # type: ignore[misc]
    """Base of the forms that ``credentials_form`` builds."""

    asked: tuple[CredentialField, ...] = ()

    def credentials(self) -> dict[str, str]:
        """Return what was pasted, by field name, without white space or quotes around it."""
        return {each.name: (self[each.name].data or "").strip("\"' \t\r\n") for each in self.asked}

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
    return kind(
        field.label,
        validators=[wanted, Length(max=MOST_CHARACTERS)],
        description=field.help,
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
