"""What the drop-downs of the impact dialogs offer, as far as the tracker has been asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sleuth.impact.service import SourceSettings
from sleuth.integrations import choice_lists
from sleuth.integrations.models import ChoiceList, TrackerProject
from sleuth.integrations.service import registry
from sleuth.plugin_api import Choice, ImpactConfig, ImpactField
from sleuth.trackers import Tracker
from sleuth.trackers.answers import MOST_CHOICES, is_enterable

OfferState = Literal["listed", "waits", "unasked", "loading", "failed"]
OF_A_PROJECT = ("project",)


@dataclass(frozen=True, slots=True)
class Entered:
    """What a dialog holds.

    Args:
        project: The tracker project that is chosen, if any.
        values: What is entered in the other fields, by the name of the field.
        measured: What the source that is edited measures so far.
    """

    project: TrackerProject | None
    values: Mapping[str, str]
    measured: SourceSettings | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What one drop-down offers.

    Args:
        state: ``waits`` for another field, ``unasked`` until a job is wanted, then
            ``loading`` until the tracker has answered.
        choices: What may be chosen; the last known ones while a list is fetched again.
        kept: What is measured so far, although it is not among them.
        note: Why there is no list, or the label of the field that is waited for.
        config: What a job has to ask with; None if nobody has to be asked.
        is_open: Whether the tracker knows others, which may be typed.
    """

    state: OfferState
    choices: tuple[Choice, ...] = ()
    kept: Choice | None = None
    note: str = ""
    config: ImpactConfig | None = None
    is_waiting_long: bool = False
    is_open: bool = False

    @property
    def all_choices(self) -> tuple[Choice, ...]:
        """What may be chosen, with what is measured so far."""
        return (*self.choices, self.kept) if self.kept else self.choices

    @property
    def is_cut(self) -> bool:
        """Whether the tracker may have more to offer than a drop-down can."""
        return self.config is not None and len(self.choices) >= MOST_CHOICES

    @property
    def takes_typed(self) -> bool:
        """Whether something may be typed that is not among the choices."""
        return self.is_open or self.is_cut

    def holds(self, value: str) -> bool:
        """Tell whether a value may be chosen."""
        return any(each.value == value for each in self.all_choices)

    def accepts(self, value: str) -> bool:
        """Tell whether a value may be chosen or typed; of what is typed the tracker judges."""
        return self.holds(value) or (self.takes_typed and is_enterable(value))

    def label_of(self, value: str) -> str:
        """Return what a value is called."""
        return next((each.label for each in self.all_choices if each.value == value), value)


def offers_of(
    integration_id: int, tracker: Tracker, entered: Entered, now: datetime
) -> dict[str, Offer]:
    """Return what each drop-down offers beside that of the projects; asks nobody."""
    offers: dict[str, Offer] = {}
    for field in tracker.fields:
        if is_offered(field, tracker):
            listed = _offer(integration_id, tracker, field, entered, offers, now)
            offers[field.name] = _with_kept(listed, field, entered)
            if field.name == "environment":
                is_open = tracker.info.capabilities.has_unlisted_environments
                offers[field.name] = replace(offers[field.name], is_open=is_open)
    return offers


def is_offered(field: ImpactField, tracker: Tracker) -> bool:
    """Tell whether a field is a drop-down, other than that of the projects."""
    is_listed = field.name == "environment" and tracker.info.capabilities.lists_environments
    return field.kind == "choice" or is_listed


def needs(field: ImpactField) -> tuple[str, ...]:
    """Return the names of the fields that decide what a drop-down offers."""
    return OF_A_PROJECT if field.name == "environment" else field.depends_on


def dependents(name: str, tracker: Tracker) -> list[str]:
    """Return the drop-downs that offer something else once another field changes."""
    found = [name]
    for field in tracker.fields:
        if is_offered(field, tracker) and set(needs(field)) & set(found):
            found.append(field.name)
    return found[1:]


def request_lists(integration_id: int, offers: Mapping[str, Offer], names: Iterable[str]) -> None:
    """Have the lists of some drop-downs fetched, those that nobody fetches already."""
    for name in names:
        offer = offers.get(name)
        if offer is not None and offer.config is not None and offer.state != "loading":
            choice_lists.request_list(integration_id, name, offer.config)


def values_in_words(
    provider: str, values: Mapping[str, str], labels: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return what is entered in a tracker's further fields, as (label, words)."""
    tracker = registry().get(provider)
    fields = {each.name: each for each in tracker.fields} if tracker else {}
    boxes = {name for name, field in fields.items() if field.kind == "checkbox"}
    return [
        (
            fields[name].label if name in fields else name,
            "yes" if name in boxes else labels.get(name, value),
        )
        for name, value in values.items()
        if value
    ]


def _offer(
    integration_id: int,
    tracker: Tracker,
    field: ImpactField,
    entered: Entered,
    offers: Mapping[str, Offer],
    now: datetime,
) -> Offer:
    if field.choices:
        return Offer("listed", field.choices)
    missing = _missing(field, tracker, entered, offers)
    if missing:
        return Offer("waits", note=missing)
    if field.name == "environment" and entered.project is not None:
        return Offer("listed", _environments(entered.project))
    config = _config(field, entered)
    return _remote(choice_lists.find_list(integration_id, field.name, config), config, now)


def _missing(
    field: ImpactField, tracker: Tracker, entered: Entered, offers: Mapping[str, Offer]
) -> str:
    """Return the label of a field that has to be chosen first, "" if none has."""
    for name in needs(field):
        is_chosen = (
            entered.project is not None
            if name == "project"
            else offers[name].accepts(entered.values.get(name, ""))
        )
        if not is_chosen:
            return next(each.label for each in tracker.fields if each.name == name)
    return ""


def _environments(project: TrackerProject) -> tuple[Choice, ...]:
    names = dict.fromkeys(filter(is_enterable, project.environments))
    return tuple(Choice(name, name) for name in names)


def _config(field: ImpactField, entered: Entered) -> ImpactConfig:
    project = entered.project if "project" in field.depends_on else None
    return ImpactConfig(
        org_key=project.org_key if project else "",
        project_key=project.project_key if project else "",
        environment=None,
        attributes=dict(project.attributes) if project else {},
        values={name: entered.values[name] for name in field.depends_on if name != "project"},
    )


def _remote(found: ChoiceList | None, config: ImpactConfig, now: datetime) -> Offer:
    if found is None:
        return Offer("unasked", config=config)
    choices = tuple(Choice(value, label) for value, label in found.choices)
    if found.due_at is not None:
        is_long = choice_lists.is_waiting_long(found, now)
        return Offer("loading", choices, config=config, is_waiting_long=is_long)
    if not choice_lists.is_fresh(found, now):
        return Offer("unasked", choices, config=config)
    return Offer("failed" if found.error else "listed", choices, note=found.error, config=config)


def _with_kept(offer: Offer, field: ImpactField, entered: Entered) -> Offer:
    """Add what is measured so far, as long as nothing that it depends on is another."""
    measured = entered.measured
    if measured is None or not _is_as_measured(field, entered, measured):
        return offer
    value = _measured_value(field.name, measured)
    if not value or offer.holds(value):
        return offer
    kept = Choice(value, measured.value_labels.get(field.name, value))
    return replace(offer, kept=kept)


def _is_as_measured(field: ImpactField, entered: Entered, measured: SourceSettings) -> bool:
    for name in needs(field):
        if name == "project":
            project = (measured.error_org_key, measured.error_project_key)
            chosen = entered.project
            is_same = chosen is not None and (chosen.org_key, chosen.project_key) == project
        else:
            is_same = entered.values.get(name, "") == measured.field_values.get(name, "")
        if not is_same:
            return False
    return True


def _measured_value(name: str, measured: SourceSettings) -> str:
    if name == "environment":
        return measured.error_environment or ""
    return measured.field_values.get(name, "")
