"""The forms of code deployments."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from sleuth.accounts.forms import NameForm
from sleuth.projects.models import Project


class CodeDeploymentForm(NameForm):
    """Asks for a new code deployment's name and project."""

    project = SelectField("Project", [InputRequired("Choose a project.")])

    def offer(self, projects: Sequence[Project]) -> None:
        """Let the user choose among the projects."""
        self.project.choices = [SelectChoice(each.slug, each.name) for each in projects]
