"""The forms of projects and environments."""

from __future__ import annotations

import re

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from sleuth.accounts.forms import ConfirmForm, NameForm
from sleuth.projects.models import Environment
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
