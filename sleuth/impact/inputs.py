"""The inputs of the impact dialogs: one for each field that a tracker declares, or two."""

from __future__ import annotations

from wtforms import BooleanField, Field, SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional

from sleuth.impact.offers import is_offered
from sleuth.impact.validators import Offered, RequiredUnlessNone, Wanted
from sleuth.integrations.forms import Fits, trimmed
from sleuth.plugin_api import ImpactField
from sleuth.trackers import Tracker
from sleuth.trackers.answers import LONGEST_VALUE

PLAIN = {"autocomplete": "off", "spellcheck": "false"}
TICKED = "yes"


def input_name(field: ImpactField) -> str:
    """Return what the form calls a field's input."""
    renamed = {"project": "tracker_project", "environment": "tracker_environment"}
    if field.name in (*renamed, "no_environment"):
        return renamed.get(field.name, field.name)
    return f"field_{field.name}"


def other_name(name: str) -> str:
    """Return what the form calls the input for what a field's drop-down does not list."""
    return "other_environment" if name == "environment" else f"other_field_{name}"


def inputs_of(tracker: Tracker) -> dict[str, Field]:
    """Return the inputs for what a tracker declares, by their names in the form."""
    inputs = {input_name(each): _input(each, tracker) for each in tracker.fields}
    for each in tracker.fields:
        if _may_be_typed(each, tracker):
            inputs[other_name(each.name)] = _other(each, tracker)
    return inputs


def value_of(field: Field) -> str:
    """Return what a plugin is told of an input."""
    if isinstance(field, BooleanField):
        return TICKED if field.data else ""
    return trimmed(field.data or "")


def _input(field: ImpactField, tracker: Tracker) -> Field:
    if field.kind == "checkbox":
        return BooleanField(field.label, description=field.help)
    if field.kind == "remote_project":
        return SelectField(
            field.label,
            description=field.help,
            validators=[DataRequired("Choose a project.")],
            validate_choice=True,
        )
    if is_offered(field, tracker):
        return SelectField(
            field.label,
            description=field.help,
            choices=[],
            validators=[*_wanted(field), Offered(field.name)],
            validate_choice=False,
        )
    shown = {**PLAIN, "placeholder": field.placeholder} if field.placeholder else PLAIN
    fits = Fits(field.pattern, field.pattern_message, value_of)
    rules = _wanted(field) or [Optional()]
    return StringField(
        field.label,
        description=field.help,
        validators=[*rules, Length(max=LONGEST_VALUE), fits],
        render_kw=shown,
    )


def _wanted(field: ImpactField) -> list[RequiredUnlessNone | Wanted]:
    if not field.is_required:
        return []
    if field.name == "environment":
        return [RequiredUnlessNone()]
    message = "Choose one." if field.kind == "choice" else "This field is required."
    return [Wanted(field.name, message)]


def _may_be_typed(field: ImpactField, tracker: Tracker) -> bool:
    """Tell whether a drop-down may lack what exists: its list may have to be cut."""
    if field.name == "environment" and tracker.info.capabilities.has_unlisted_environments:
        return True
    return field.kind == "choice" and not field.choices


def _other(field: ImpactField, tracker: Tracker) -> Field:
    what = "environment" if field.name == "environment" else field.label
    return StringField(
        f"Another {what}",
        description=f"One that is not in the list, as {tracker.info.name} knows it.",
        validators=[Optional(), Length(max=LONGEST_VALUE)],
        render_kw=PLAIN,
    )
