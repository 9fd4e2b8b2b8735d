"""The forms of projects and environments."""

from __future__ import annotations

import re

from wtforms import IntegerField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired

from sleuth.accounts.forms import ConfirmForm, Form, NameForm
from sleuth.projects.judging import MOST_MINUTES, WRONG_MINUTES, Judging
from sleuth.projects.models import BOUNDARIES, SENSITIVITIES, Environment
from sleuth.projects.service import FIRST_ENVIRONMENT, NO_ENVIRONMENT


class ProjectForm(NameForm):
    """Asks for a new project's name and environments."""

    environments = StringField(
        "Environments",
        [InputRequired(NO_ENVIRONMENT)],
        default=FIRST_ENVIRONMENT,
        render_kw={"maxlength": 1000, "autocomplete": "off"},
    )

    @property
    def chosen(self) -> list[str]:
        """The names of the environments."""
        return [each for each in re.split(r"\s*,\s*", self.environments.data.strip()) if each]


class DeleteEnvironmentForm(ConfirmForm):
    """Asks which environment becomes the default, if the default goes."""

    new_default = SelectField("New default environment", validate_choice=False)

    def offer(self, environments: list[Environment]) -> None:
        """Let the user choose among the environments that stay."""
        self.new_default.choices = [SelectChoice(each.slug, each.name) for each in environments]


class WholeMinutes(IntegerField):  # type: ignore[misc]
    """A whole number; whatever else is entered is answered with the one sentence."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(WRONG_MINUTES) from None


class JudgingForm(Form):
    """Asks how sensitive verdicts are, and when a deploy counts as failed."""

    sensitivity = RadioField(
        "Health sensitivity",
        [AnyOf(SENSITIVITIES, "Choose a sensitivity.")],
        choices=[SelectChoice(each, each.capitalize()) for each in SENSITIVITIES],
        validate_choice=False,
    )
    failure_boundary = RadioField(
        "Change failure boundary",
        [AnyOf(BOUNDARIES, "Choose from which health on a deploy fails.")],
        choices=[SelectChoice(each, each.capitalize()) for each in BOUNDARIES],
        validate_choice=False,
    )
    failure_minutes = WholeMinutes(
        "Minutes in failure",
        [InputRequired(WRONG_MINUTES)],
        render_kw={"min": 1, "max": MOST_MINUTES, "inputmode": "numeric"},
    )

    @property
    def chosen(self) -> Judging:
        """What was chosen."""
        return Judging(self.sensitivity.data, self.failure_boundary.data, self.failure_minutes.data)
