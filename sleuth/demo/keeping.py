"""What jobs do for the demo: connect the tracker, remind the stand-in, let deploys go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from sleuth import clock
from sleuth.accounts import audit
from sleuth.accounts.models import Role
from sleuth.demo import declaration, plan, service, stand_in
from sleuth.demo.cast import PROJECTS, DemoProject
from sleuth.deploys import parameters
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.deploys.registration import register_deploy
from sleuth.extensions import db, write
from sleuth.ids import slugify
from sleuth.impact import collecting
from sleuth.impact.service import (
    SourceSettings,
    add_impact_source,
    sources_of_integration,
)
from sleuth.integrations import checks, project_list
from sleuth.integrations.models import CheckKind, ConnectionCheck, Integration, TrackerProject
from sleuth.integrations.service import get_integration, registry, validate_connection
from sleuth.projects.models import Environment, Project

PIPELINE = "the demo's pipeline"


class DemoError(Exception):
    """The demo cannot be set up."""


def due_organization_ids(_now: datetime) -> list[int]:
    """Return the demo's organization, where this is a demo: it is never done."""
    demo = service.find_demo() if service.is_demo() else None
    return [demo.id] if demo else []


def keep_up(organization_id: int) -> None:
    """Do what has not been done yet; doing it twice changes nothing.

    Where the demo begins anew meanwhile, what is missed by then is missed for good reason, and
    all is done for the new beginning.

    Raises:
        DemoError: it cannot be set up.
    """
    anchor = service.began_at(organization_id)
    while anchor is not None and not _kept_up(organization_id, anchor):
        anchor = service.began_at(organization_id)


def _kept_up(organization_id: int, anchor: datetime) -> bool:
    """Return False where the demo began anew before all was done."""
    try:
        _keep_up(organization_id, anchor)
    except (DemoError, SQLAlchemyError):
        if _is_still(organization_id, anchor):
            raise
    return _is_still(organization_id, anchor)


def _is_still(organization_id: int, anchor: datetime) -> bool:
    db.session.rollback()
    return service.began_at(organization_id) == anchor


def _keep_up(organization_id: int, anchor: datetime) -> None:
    incidents = _incidents(organization_id, anchor)
    if not service.is_connected(organization_id):
        stand_in.begin_anew(incidents)
        _connect(organization_id, anchor)
    elif stand_in.remind(incidents):
        _follow(organization_id)
    _register_live_deploy(organization_id, anchor)


def _incidents(organization_id: int, anchor: datetime) -> list[stand_in.Incident]:
    """Return the incidents of the past, and of the live deploys that really happened."""
    latest = plan.live_number(anchor, clock.now())
    oldest = max(0, latest - plan.HISTORY // plan.LIVE_EVERY)
    live = [plan.live_deploy(anchor, number) for number in range(oldest, latest + 1)]
    failing = {each.revision: each for each in live if each.incidents}
    happened = db.session.scalars(
        select(Deploy.revision).where(
            Deploy.organization_id == organization_id, Deploy.revision.in_(failing)
        )
    )
    deploys = [*plan.past_deploys(anchor), *(failing[each] for each in happened)]
    return [incident for deploy in deploys for incident in deploy.incidents]


def _connect(organization_id: int, anchor: datetime) -> None:
    integration_id = _integration_id(organization_id)
    project_list.refresh_projects(integration_id)
    with write(), audit.acting_as(PIPELINE):
        if service.began_at(organization_id) != anchor:
            raise DemoError("The demo began anew.")
        if service.is_connected(organization_id):
            return
        integration = db.session.get_one(Integration, integration_id)
        for project in PROJECTS:
            _add_sources(integration, project, anchor)
        tracker = declaration.current()
        audit.record(organization_id, service.CONNECTED, tracker.name, provider=tracker.provider)
    collecting.collect_integrations([integration_id])


def _integration_id(organization_id: int) -> int:
    """Return the integration's id after connecting it as the dialog does, at need."""
    tracker = declaration.current()
    integration = get_integration(organization_id, tracker.provider)
    if integration is None:
        message = _validate(organization_id)
        integration = get_integration(organization_id, tracker.provider)
    if integration is None:
        raise DemoError(f"{tracker.name}'s stand-in could not be connected: {message}")
    return integration.id


def _validate(organization_id: int) -> str:
    owner = service.find_member(organization_id, Role.OWNER)
    if owner is None:
        raise DemoError("The demo has no owner.")
    owner_id, tracker = owner.id, declaration.current()
    with write():
        check_id = checks.start(
            organization_id=organization_id,
            provider=tracker.provider,
            kind=CheckKind.CONNECT,
            payload={"credentials": dict(tracker.credentials)},
            user_id=owner_id,
        ).id
    validate_connection(check_id)
    return db.session.get_one(ConnectionCheck, check_id).message


def _add_sources(integration: Integration, project: DemoProject, anchor: datetime) -> None:
    tracker = registry().trackers[integration.provider]
    remote = _remote_project(integration.id, project.tracker_slug)
    for name, tracker_name in project.watched.items():
        environment_id = db.session.scalars(
            select(Environment.id)
            .join(Project)
            .where(
                Project.organization_id == integration.organization_id,
                Project.slug == slugify(project.name),
                Environment.slug == slugify(name),
            )
        ).one()
        settings = SourceSettings(
            name=f"{tracker.info.name} errors",
            environment_id=environment_id,
            error_org_key=remote.org_key,
            error_project_key=remote.project_key,
            error_project_label=remote.label,
            error_environment=tracker_name,
            attributes=dict(remote.attributes),
            field_values={},
            error_org_label=remote.org_label,
        )
        step = tracker.info.capabilities.interval_seconds
        source = add_impact_source(integration, settings, interval_seconds=step, warning="")
        source.judges_from = anchor - plan.JUDGED


def _remote_project(integration_id: int, slug: str) -> TrackerProject:
    for project in project_list.tracker_projects(integration_id):
        if project.attributes.get("slug") == slug:
            return project
    name = declaration.current().stands_in_for
    raise DemoError(f"The stand-in for {name} has no project {slug}.")


def _follow(organization_id: int) -> None:
    """Point the impact sources at the stand-in again, whose ports may have changed."""
    integration = get_integration(organization_id, declaration.current().provider)
    if integration is None:
        return
    integration_id = integration.id
    project_list.request_projects(integration)
    project_list.refresh_projects(integration_id)
    with write():
        listed = {each.choice: each for each in project_list.tracker_projects(integration_id)}
        for source in sources_of_integration(integration_id):
            remote = listed.get(f"{source.error_org_key}:{source.error_project_key}")
            if remote is not None:
                source.attributes = dict(remote.attributes)


def _register_live_deploy(organization_id: int, anchor: datetime) -> None:
    """Register the latest of the deploys that go on, unless it is or its place is gone."""
    now = clock.now()
    planned = plan.live_deploy(anchor, plan.live_number(anchor, now))
    deployment_id = db.session.scalar(
        select(CodeDeployment.id).where(
            CodeDeployment.organization_id == organization_id,
            CodeDeployment.slug == planned.deployment,
        )
    )
    is_registered = db.session.scalar(
        select(Deploy.id).where(
            Deploy.organization_id == organization_id, Deploy.revision == planned.revision
        )
    )
    if deployment_id is None or is_registered is not None:
        return
    stand_in.remind(planned.incidents)
    with audit.acting_as(PIPELINE):
        wanted = replace(parameters.parse(planned.parameters, now), ignore_if_duplicate=True)
        register_deploy(deployment_id, wanted, now)
