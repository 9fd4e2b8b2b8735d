"""The dialogs that add and edit impact sources, built from what a tracker declares."""

from __future__ import annotations

from typing import ClassVar

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, FloatField, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from sleuth.impact.models import LONGEST_NAME
from sleuth.impact.service import SourceSettings
from sleuth.integrations.models import TrackerProject
from sleuth.plugin_api import ImpactField
from sleuth.projects.models import Project
from sleuth.trackers import Tracker

PLAIN = {"autocomplete": "off", "spellcheck": "false"}
KNOWN_FIELDS = ("project", "environment", "no_environment")
MOST_ERRORS_A_MINUTE = 1_000_000


class ImpactForm(FlaskForm):  # type: ignore[misc]
    """Base of the forms that ``impact_form`` builds."""

    declared: tuple[ImpactField, ...] = ()

    name = StringField(
        "Name",
        validators=[DataRequired("Enter a name."), Length(max=LONGEST_NAME)],
        render_kw=PLAIN,
    )
    own_environment = SelectField("Environment", validators=[DataRequired("Choose one.")])
    threshold = FloatField(
        "Manual threshold",
        description="Average errors a minute above which deploys are unhealthy. Leave it empty "
        "to compare with the time before each deploy.",
        validators=[Optional(), NumberRange(min=0, max=MOST_ERRORS_A_MINUTE)],
    )

    def tracker_fields(self) -> list[tuple[ImpactField, Field]]:
        """Return the tracker's own inputs, in the order in which it declares them."""
        return [(each, self[_input_name(each)]) for each in self.declared]

    @property
    def project_choice(self) -> str:
        """The chosen tracker project's value, "" if the tracker has no projects."""
        return self["tracker_project"].data if "tracker_project" in self else ""

    def error_environment(self) -> str | None:
        """Return the tracker's environment: None for all, "" for events without one."""
        if "tracker_environment" not in self:
            return None
        if "no_environment" in self and self["no_environment"].data:
            return ""
        return (self["tracker_environment"].data or "").strip() or None

    def settings(self, project: Project, chosen: TrackerProject) -> SourceSettings:
        """Return what was entered as the settings of an impact source."""
        own = next(each for each in project.environments if each.slug == self.own_environment.data)
        others = [each for each in self.declared if each.name not in KNOWN_FIELDS]
        return SourceSettings(
            name=self.name.data.strip(),
            environment_id=own.id,
            error_org_key=chosen.org_key,
            error_project_key=chosen.project_key,
            error_project_label=chosen.label,
            error_environment=self.error_environment(),
            attributes=dict(chosen.attributes),
            field_values={each.name: str(self[_input_name(each)].data or "") for each in others},
            threshold=self.threshold.data,
            error_org_label=chosen.org_label,
        )


class _RequiredUnlessNone:
    """The environment must be named unless the box for events without one is ticked.

    Browsers must not insist on it, so it is starred without being ``required`` in HTML.
    """

    field_flags: ClassVar = {"starred": True}

    def __call__(self, form: ImpactForm, field: Field) -> None:
        has_box = "no_environment" in form and form["no_environment"].data
        if not has_box and not (field.data or "").strip():
            raise ValidationError("Enter the environment's name as the tracker knows it.")


def impact_form(
    tracker: Tracker,
    project: Project,
    projects: list[TrackerProject],
    settings: SourceSettings | None = None,
) -> ImpactForm:
    """Return the form for a new source, or one filled in with ``settings``.

    Args:
        projects: The tracker's projects to choose from.
    """
    inputs = {_input_name(each): _input(each) for each in tracker.fields}
    kind = type("ImpactForm", (ImpactForm,), {**inputs, "declared": tuple(tracker.fields)})
    form: ImpactForm = kind(data=_values(settings, project) if settings else None)
    form.own_environment.choices = [(each.slug, each.name) for each in project.environments]
    if not form.is_submitted() and settings is None:
        form.own_environment.data = project.default_environment.slug
    if "tracker_project" in form:
        form["tracker_project"].choices = [(each.choice, each.label) for each in projects]
    return form


def _input_name(field: ImpactField) -> str:
    renamed = {"project": "tracker_project", "environment": "tracker_environment"}
    if field.name in (*renamed, "no_environment"):
        return renamed.get(field.name, field.name)
    return f"field_{field.name}"


def _input(field: ImpactField) -> Field:
    if field.kind == "checkbox":
        return BooleanField(field.label, description=field.help)
    if field.kind == "remote_project":
        return SelectField(
            field.label,
            description=field.help,
            validators=[DataRequired("Choose a project.")],
            validate_choice=True,
        )
    wanted = InputRequired() if field.is_required else Optional()
    is_needed = field.name == "environment" and field.is_required
    rule = _RequiredUnlessNone() if is_needed else wanted
    return StringField(
        field.label, description=field.help, validators=[rule, Length(max=255)], render_kw=PLAIN
    )


def project_groups(projects: list[TrackerProject]) -> dict[str, list[tuple[str, str]]]:
    """Return (value, label) pairs by tracker organization, for the drop-down."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in projects:
        label = each.label if each.is_accessible else f"{each.label} (no access)"
        groups.setdefault(each.org_label, []).append((each.choice, label))
    return groups


def _values(settings: SourceSettings, project: Project) -> dict[str, object]:
    own = [each.slug for each in project.environments if each.id == settings.environment_id]
    return {
        **{f"field_{name}": value for name, value in settings.field_values.items()},
        "name": settings.name,
        "own_environment": own[0] if own else "",
        "tracker_project": f"{settings.error_org_key}:{settings.error_project_key}",
        "tracker_environment": settings.error_environment or "",
        "no_environment": settings.error_environment == "",
        "threshold": settings.threshold,
    }
