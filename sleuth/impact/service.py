"""Impact sources: what is measured for a project and environment."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from sleuth import clock, queue
from sleuth.accounts import audit
from sleuth.extensions import db, write
from sleuth.ids import new_public_id
from sleuth.impact import intervals, schedule, series, sweeps
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration, TrackerProject
from sleuth.projects.models import Environment, Project
from sleuth.trackers import name_of

COLLECT_JOB = "sleuth.impact.jobs.collect_round"
COOL_DOWN = timedelta(minutes=1)
CHANGES_SETTLE = timedelta(minutes=1)


class NameTakenError(ValueError):
    """The environment has an impact source of this name already."""


class PausedError(ValueError):
    """Nothing is collected on purpose: the integration is paused, or each of its sources."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Everything a user decides about an impact source.

    Args:
        error_environment: None for all environments, "" for events that carry none.
        threshold: Errors a minute above which deploys are unhealthy, None to compare
            with the time before the deploy.
        value_labels: What those of ``field_values`` that were chosen are called.
    """

    name: str
    environment_id: int
    error_org_key: str
    error_project_key: str
    error_project_label: str
    error_environment: str | None
    attributes: dict[str, str]
    field_values: dict[str, str]
    threshold: float | None = None
    error_org_label: str = ""
    value_labels: dict[str, str] = field(default_factory=dict)

    @property
    def measured(self) -> tuple[object, ...]:
        """What the counts depend on."""
        return (
            self.error_org_key,
            self.error_project_key,
            self.error_environment,
            self.field_values,
        )


def sources_of_integration(integration_id: int) -> list[ImpactSource]:
    """Return an integration's impact sources, by project and name."""
    return sources_where(ImpactSource.integration_id == integration_id)


def sources_of_project(project_id: int) -> list[ImpactSource]:
    """Return a project's impact sources, by name."""
    return sources_where(ImpactSource.project_id == project_id)


def sources_of_environment(environment_id: int) -> list[ImpactSource]:
    """Return an environment's impact sources, by name."""
    return sources_where(ImpactSource.environment_id == environment_id)


def has_sources(organization_id: int, project_slug: str = "") -> bool:
    """Tell whether anything is measured, in an organization or in one of its projects."""
    found = select(ImpactSource.id).where(ImpactSource.organization_id == organization_id)
    if project_slug:
        found = found.join(Project).where(Project.slug == project_slug)
    return db.session.scalar(found.limit(1)) is not None


def sources_where(condition: ColumnElement[bool]) -> list[ImpactSource]:
    """Return impact sources, by project and name."""
    return list(
        db.session.scalars(
            select(ImpactSource)
            .join(Project)
            .where(condition)
            .options(
                joinedload(ImpactSource.project),
                joinedload(ImpactSource.environment),
                selectinload(ImpactSource.sweeps),
            )
            .order_by(Project.name, ImpactSource.name, ImpactSource.id)
        )
    )


def find_source(project_id: int, public_id: str) -> ImpactSource | None:
    """Return a project's impact source by its public id, or None."""
    return db.session.scalar(
        select(ImpactSource).where(
            ImpactSource.project_id == project_id, ImpactSource.public_id == public_id
        )
    )


def get_source(project_id: int, source_id: int | None) -> ImpactSource | None:
    """Return a project's impact source by row id, or None."""
    return db.session.scalar(
        select(ImpactSource).where(
            ImpactSource.project_id == project_id, ImpactSource.id == source_id
        )
    )


def is_name_taken(environment_id: int, name: str, except_id: int | None = None) -> bool:
    """Tell whether another impact source of the environment has this name."""
    found = db.session.scalar(
        select(ImpactSource.id).where(
            ImpactSource.environment_id == environment_id, ImpactSource.name == name
        )
    )
    return found is not None and found != except_id


def add_impact_source(
    integration: Integration,
    settings: SourceSettings,
    *,
    interval_seconds: int,
    warning: str,
    look_back_days: int = schedule.HISTORY_DAYS,
) -> ImpactSource:
    """Store a source whose configuration has been proven; call inside ``with write():``.

    It judges deploys from now on; of earlier ones somebody has to decide.

    Args:
        interval_seconds: Width of the tracker's buckets.
        warning: What is odd about it, "" if nothing is.
        look_back_days: How far back the tracker can be asked.

    Raises:
        NameTakenError: the environment has a source of this name.
    """
    if is_name_taken(settings.environment_id, settings.name):
        raise NameTakenError(settings.name)
    environment = db.session.get_one(Environment, settings.environment_id)
    source = ImpactSource(
        public_id=new_public_id(),
        organization_id=integration.organization_id,
        project_id=environment.project_id,
        integration_id=integration.id,
        provider=integration.provider,
        interval_seconds=interval_seconds,
        created_at=clock.now(),
    )
    _apply(source, settings, warning)
    source.history_days = schedule.history_days(look_back_days)
    _start_over(source)
    source.judges_from = source.created_at
    db.session.add(source)
    db.session.flush()
    sweeps.start_over(source, source.created_at)
    _note(source, "impact_source.added")
    return source


def change_impact_source(
    source: ImpactSource,
    settings: SourceSettings,
    warning: str,
    interval_seconds: int | None = None,
) -> None:
    """Change a source inside ``with write():``; measuring something else starts it over.

    Args:
        interval_seconds: Width of the tracker's buckets; another starts it over, too. None
            to leave it.

    Raises:
        NameTakenError: the environment has another source of this name.
    """
    if is_name_taken(settings.environment_id, settings.name, source.id):
        raise NameTakenError(settings.name)
    step = interval_seconds or source.interval_seconds
    starts_over = settings_of(source).measured != settings.measured
    starts_over |= step != source.interval_seconds
    limits = _limits(source, settings)
    _apply(source, settings, warning)
    if starts_over:
        source.interval_seconds = step
        series.forget(source.id)
        _start_over(source)
        # Whether it judges deploys from before it was added is for somebody to say.
        reach = timedelta(days=source.history_days - 1)
        source.judges_from = max(source.judges_from, clock.now() - reach)
        sweeps.start_over(source, clock.now())
    _note(source, "impact_source.changed", starts_over=starts_over, **limits)


def save_impact_source(source: ImpactSource, settings: SourceSettings) -> None:
    """Change name, environment or threshold of a source, in a transaction of its own.

    Raises:
        NameTakenError: the environment has another source of this name.
        NoResultFound: the source is gone.
    """
    source_id = source.id
    try:
        with write():
            current = db.session.get_one(ImpactSource, source_id, with_for_update=True)
            change_impact_source(current, settings, current.warning)
    except IntegrityError:
        raise NameTakenError(settings.name) from None


def settings_of(source: ImpactSource) -> SourceSettings:
    """Return what the user has decided about a source so far."""
    return SourceSettings(
        name=source.name,
        environment_id=source.environment_id,
        error_org_key=source.error_org_key,
        error_project_key=source.error_project_key,
        error_project_label=source.error_project_label,
        error_environment=source.error_environment,
        attributes=dict(source.attributes),
        field_values=dict(source.field_values),
        threshold=source.manually_set_health_threshold,
        error_org_label=source.error_org_label,
        value_labels=dict(source.value_labels),
    )


def measures_something_else(source: ImpactSource, settings: SourceSettings) -> bool:
    """Tell whether saving the new settings makes the collected counts meaningless.

    So it does where the tracker counts in other buckets now.
    """
    is_outdated = intervals.is_outdated(source.provider, source.interval_seconds)
    return is_outdated or settings_of(source).measured != settings.measured


def measured_project(source: ImpactSource) -> TrackerProject:
    """Return a source's project as a choice, for when the tracker lists it no more."""
    return TrackerProject(
        org_key=source.error_org_key,
        org_label=source.error_org_label,
        project_key=source.error_project_key,
        label=source.error_project_label,
        is_accessible=False,
        attributes=dict(source.attributes),
    )


def delete_impact_source(source: ImpactSource) -> None:
    """Remove a source and its counts; verdicts keep their words."""
    source_id = source.id
    with write():
        current = db.session.get(ImpactSource, source_id)
        if current is not None:
            _note(current, "impact_source.deleted")
            db.session.delete(current)


def pause_impact_source(source: ImpactSource) -> None:
    """Collect nothing from a source until it is resumed."""
    source_id = source.id
    with write():
        current = db.session.get_one(ImpactSource, source_id)
        if current.paused_at is None:
            current.paused_at = clock.now()
            _note(current, "impact_source.paused")


def resume_impact_source(source: ImpactSource) -> None:
    """Go on with a paused source; what it missed is read behind the present."""
    source_id = source.id
    with write():
        current = db.session.get_one(ImpactSource, source_id)
        if current.paused_at is not None:
            current.paused_at, current.expected_at = None, clock.now()
            _note(current, "impact_source.resumed")
    collect_soon()


def collect_now(integration: Integration) -> datetime | None:
    """Collect from all sources of an integration at once.

    Returns:
        When that will be possible, if somebody has just asked for it or the tracker wants
        to be left alone; None if it is under way.

    Raises:
        PausedError: nothing is to be collected.
    """
    integration_id, now = integration.id, clock.now()
    with write():
        current = db.session.get_one(Integration, integration_id, with_for_update=True)
        if _is_paused(current):
            raise PausedError(current.provider)
        cool_at = current.hurried_at + COOL_DOWN if current.hurried_at else now
        free_at = max(cool_at, current.told_to_wait_until or now)
        if free_at > now:
            return free_at
        current.hurried_at = now
        if not current.refusals:  # a token in doubt keeps its pauses
            current.retry_at = None
        db.session.execute(
            update(ImpactSource)
            .where(
                ImpactSource.integration_id == integration_id,
                ImpactSource.due_at > now,
                ImpactSource.paused_at.is_(None),
            )
            .values(due_at=now, scheduled_at=now)
            .execution_options(synchronize_session=False)
        )
        audit.record(
            current.organization_id,
            "integration.collecting_requested",
            name_of(current.provider),
            provider=current.provider,
        )
    collect_soon()
    return None


def _is_paused(integration: Integration) -> bool:
    if integration.paused_at is not None:
        return True
    of_it = ImpactSource.integration_id == integration.id
    sources, paused = db.session.execute(
        select(func.count(), func.count(ImpactSource.paused_at)).where(of_it)
    ).one()
    return 0 < int(sources) == int(paused)


def collect_soon() -> None:
    """Enqueue a round of collecting; the tick would find the rows due anyway."""
    queue.enqueue(COLLECT_JOB, time.time_ns())


def changed_source_ids(now: datetime) -> list[int]:
    """Return the sources whose known past has become another, a moment ago at least.

    In the order in which rows are locked everywhere.
    """
    return list(
        db.session.scalars(
            select(ImpactSource.id)
            .where(ImpactSource.changed_at <= now - CHANGES_SETTLE)
            .order_by(ImpactSource.id)
        )
    )


def take_changes(source_id: int) -> tuple[datetime, datetime] | None:
    """Return, once, the range in which a source's known past has become another.

    Call inside ``with write():``; whoever takes it has to act on it in that transaction.
    """
    source = db.session.get(ImpactSource, source_id, with_for_update=True)
    if source is None or source.changed_since is None or source.changed_until is None:
        return None
    since, until = source.changed_since, source.changed_until
    source.changed_since = source.changed_until = source.changed_at = None
    return schedule.from_epoch(since), schedule.from_epoch(until)


def _apply(source: ImpactSource, settings: SourceSettings, warning: str) -> None:
    source.name = settings.name
    source.environment_id = settings.environment_id
    source.error_org_key = settings.error_org_key
    source.error_org_label = settings.error_org_label
    source.error_project_key = settings.error_project_key
    source.error_project_label = settings.error_project_label
    source.error_environment = settings.error_environment
    source.attributes = dict(settings.attributes)
    source.field_values = dict(settings.field_values)
    source.value_labels = dict(settings.value_labels)
    source.manually_set_health_threshold = settings.threshold
    source.warning = warning


def _limits(source: ImpactSource, settings: SourceSettings) -> dict[str, float | None]:
    """Return the new limit and the one before, in errors a minute, if they differ."""
    before, after = source.manually_set_health_threshold, settings.threshold
    return {} if before == after else {"threshold": after, "threshold_before": before}


def _start_over(source: ImpactSource) -> None:
    now = clock.now()
    source.due_at = source.scheduled_at = source.expected_at = now
    source.complete_until = None
    source.collected_at = None
    source.quiet_since = source.quiet_usual_hours = None
    source.last_error = ""
    source.last_error_at = None
    source.failure_count = 0


def _note(source: ImpactSource, action: str, **detail: object) -> None:
    audit.record(
        source.organization_id,
        action,
        source.name,
        provider=source.provider,
        project=source.project.name,
        environment=source.environment.name,
        **detail,
    )
    audit.publish(source.organization_id, "impactSourceChanged", source.provider)
