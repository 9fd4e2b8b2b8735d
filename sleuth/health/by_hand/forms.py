"""The forms by which people say how a deploy was."""

from __future__ import annotations

from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length

from sleuth.accounts.forms import ConfirmForm, Form
from sleuth.health.by_hand.overriding import CHOICES, LONGEST_REASON, NO_REASON, TOO_LONG
from sleuth.health.words import HEALTH_NAMES

NO_HEALTH = "Choose a health."


class OverrideForm(Form):
    """Asks which health a deploy had, and why."""

    seen = HiddenField()
    health = RadioField(
        "Health",
        [InputRequired(NO_HEALTH), AnyOf(CHOICES, NO_HEALTH)],
        choices=[SelectChoice(each, HEALTH_NAMES[each]) for each in CHOICES],
        validate_choice=False,
    )
    reason = TextAreaField(
        "Reason",
        [InputRequired(NO_REASON), Length(max=LONGEST_REASON, message=TOO_LONG)],
        render_kw={"maxlength": LONGEST_REASON, "rows": 3},
    )


class UndoForm(ConfirmForm):
    """Asks whether the health that was seen shall not stand any more."""

    seen = HiddenField()
