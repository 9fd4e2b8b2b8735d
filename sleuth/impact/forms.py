"""The dialogs that add and edit impact sources, built from what a tracker declares."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, FloatField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from sleuth import clock
from sleuth.buckets import MINUTE, per_minute, per_unit, rate_words
from sleuth.impact.inputs import PLAIN, TICKED, input_name, inputs_of, other_name, value_of
from sleuth.impact.models import LONGEST_NAME
from sleuth.impact.offers import Entered, Offer, needs, offers_of
from sleuth.impact.service import SourceSettings
from sleuth.integrations.models import TrackerProject
from sleuth.plugin_api import ImpactField
from sleuth.projects.models import Project
from sleuth.trackers import Tracker

KNOWN_FIELDS = ("project", "environment", "no_environment")
MOST_ERRORS = 1_000_000_000


class ImpactForm(FlaskForm):  # type: ignore[misc]
    """Base of the forms that ``impact_form`` builds.

    ``step_seconds`` is the width of the tracker's buckets: the threshold is entered in
    errors a minute, an hour or a day accordingly. ``offers`` is what its drop-downs
    offer, by the tracker's names of the fields, and ``steering`` the names of those fields
    on which that depends.
    """

    declared: tuple[ImpactField, ...] = ()
    step_seconds: int = MINUTE
    offers: dict[str, Offer]
    steering: frozenset[str] = frozenset()

    name = StringField(
        "Name",
        validators=[DataRequired("Enter a name."), Length(max=LONGEST_NAME)],
        render_kw=PLAIN,
    )
    own_environment = SelectField("Environment", validators=[DataRequired("Choose one.")])
    threshold = FloatField(
        "Manual threshold",
        validators=[Optional(), NumberRange(min=0, max=MOST_ERRORS)],
    )

    def tracker_fields(self) -> list[tuple[ImpactField, Field]]:
        """Return the tracker's own inputs, in the order in which it declares them."""
        return [(each, self[input_name(each)]) for each in self.declared]

    @property
    def project_choice(self) -> str:
        """The chosen tracker project's value."""
        return self["tracker_project"].data or ""

    @property
    def is_loading(self) -> bool:
        """Whether a job is asking the tracker what to offer."""
        return any(offer.state == "loading" for offer in self.offers.values())

    def values(self) -> dict[str, str]:
        """Return what is entered for the tracker's fields other than the project."""
        return {
            each.name: self.typed(each.name) or value_of(self[input_name(each)])
            for each in self.declared
            if each.kind != "remote_project"
        }

    def error_environment(self) -> str | None:
        """Return the tracker's environment: None for all, "" for events without one."""
        if "tracker_environment" not in self:
            return None
        if "no_environment" in self and self["no_environment"].data:
            return ""
        return self.typed("environment") or value_of(self["tracker_environment"]) or None

    def other(self, name: str) -> Field | None:
        """Return the input for what a field's drop-down does not list, if it may have one."""
        found: Field | None = self._fields.get(other_name(name))
        return found

    def typed(self, name: str) -> str:
        """Return what is typed because a field's drop-down does not list it."""
        other = self.other(name)
        return "" if other is None else value_of(other)

    def show_typed(self, filled: SourceSettings) -> None:
        """Put back what was typed, which no drop-down can show."""
        chosen = {**filled.field_values, "environment": filled.error_environment or ""}
        for name, offer in self.offers.items():
            other, value = self.other(name), chosen.get(name, "")
            if other is not None and offer.takes_typed and value and not offer.holds(value):
                other.data = value

    @property
    def threshold_help(self) -> str:
        """What is to be entered as the threshold."""
        return (
            f"Average errors {rate_words(self.step_seconds)} above which deploys are unhealthy. "
            "Leave it empty to compare with what was to be expected. Before another limit holds "
            "you see what it would have said of the deploys of the last 30 days."
        )

    def _limit(self) -> float | None:
        entered = self.threshold.data
        return None if entered is None else per_minute(entered, self.step_seconds)

    def settings(self, project: Project, chosen: TrackerProject) -> SourceSettings:
        """Return what was entered as the settings of an impact source."""
        own = next(each for each in project.environments if each.slug == self.own_environment.data)
        values = {name: each for name, each in self.values().items() if name not in KNOWN_FIELDS}
        return SourceSettings(
            name=self.name.data.strip(),
            environment_id=own.id,
            error_org_key=chosen.org_key,
            error_project_key=chosen.project_key,
            error_project_label=chosen.label,
            error_environment=self.error_environment(),
            attributes=dict(chosen.attributes),
            field_values=values,
            threshold=self._limit(),
            error_org_label=chosen.org_label,
            value_labels={
                name: self.offers[name].label_of(value)
                for name, value in values.items()
                if name in self.offers and value
            },
        )


def impact_form(
    tracker: Tracker,
    project: Project,
    projects: list[TrackerProject],
    integration_id: int,
    *,
    filled: SourceSettings | None = None,
    measured: SourceSettings | None = None,
    entered: MultiDict[str, str] | None = None,
) -> ImpactForm:
    """Return the form for a new source, or one filled in with settings.

    Args:
        projects: The tracker's projects to choose from.
        filled: What the inputs hold until something is entered.
        measured: What the source that is edited measures so far.
        entered: What was entered, if it is not what the request posts.
    """
    step = tracker.info.capabilities.interval_seconds
    told = {"declared": tuple(tracker.fields), "step_seconds": step}
    kind = type("ImpactForm", (ImpactForm,), {**inputs_of(tracker), **told})
    given: dict[str, Any] = {"formdata": entered} if entered is not None else {}
    form: ImpactForm = kind(data=_values(filled, tracker, project) if filled else None, **given)
    form.own_environment.choices = [(each.slug, each.name) for each in project.environments]
    if not form.is_submitted() and not form.own_environment.data:
        form.own_environment.data = project.default_environment.slug
    form["tracker_project"].choices = [(each.choice, each.label) for each in projects]
    chosen = next((each for each in projects if each.choice == form.project_choice), None)
    held = Entered(chosen, form.values(), measured)
    form.offers = offers_of(integration_id, tracker, held, clock.now())
    offered = (each for each in tracker.fields if each.name in form.offers)
    form.steering = frozenset(name for each in offered for name in needs(each))
    if filled is not None and entered is None and not form.is_submitted():
        form.show_typed(filled)
    return form


def project_groups(projects: list[TrackerProject]) -> dict[str, list[tuple[str, str]]]:
    """Return (value, label) pairs by tracker organization, for the drop-down."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in projects:
        label = each.label if each.is_accessible else f"{each.label} (no access)"
        groups.setdefault(each.org_label, []).append((each.choice, label))
    return groups


def _values(settings: SourceSettings, tracker: Tracker, project: Project) -> dict[str, object]:
    limit = settings.threshold
    own = [each.slug for each in project.environments if each.id == settings.environment_id]
    boxes = {each.name for each in tracker.fields if each.kind == "checkbox"}
    return {
        **{
            f"field_{name}": value == TICKED if name in boxes else value
            for name, value in settings.field_values.items()
        },
        "name": settings.name,
        "own_environment": own[0] if own else "",
        "tracker_project": f"{settings.error_org_key}:{settings.error_project_key}",
        "tracker_environment": settings.error_environment or "",
        "no_environment": settings.error_environment == "",
        "threshold": None
        if limit is None
        else per_unit(limit, tracker.info.capabilities.interval_seconds),
    }
