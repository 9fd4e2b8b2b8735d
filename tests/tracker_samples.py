"""A connected tracker with a project and an impact source, for ``tests/samples.py``."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.health.replaying import due as replays
from sleuth.health.replaying.models import Replay, ReplayKind, ReplayState
from sleuth.ids import new_public_id
from sleuth.impact import checking, disabling, replacing, restoring
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import SourceSettings, add_impact_source
from sleuth.integrations import checks, service
from sleuth.integrations.models import (
    CheckKind,
    CheckState,
    ConnectionCheck,
    Integration,
    TrackerProject,
)
from sleuth.projects import judging
from tests.conftest import Cast

ENTERED = {
    "name": "Web errors",
    "own_environment": "production",
    "tracker_project": "1:2",
    "tracker_environment": "production",
}


def connected(cast: Cast) -> Integration:
    """Acme's integration, made at the first call; it knows one project."""
    known = service.get_integration(cast.acme.id, "sentry")
    if known is not None:
        return known
    row = Integration(
        organization_id=cast.acme.id,
        provider="sentry",
        credentials={"token": "sntryu_sample"},
        connected_at=clock.now(),
    )
    with write():
        db.session.add(row)
        db.session.flush()
        db.session.add(
            TrackerProject(integration_id=row.id, org_key="1", project_key="2", label="web")
        )
    return row


def a_connected_provider(cast: Cast) -> str:
    """The provider that Acme is connected with."""
    return connected(cast).provider


def settings(cast: Cast) -> SourceSettings:
    """What to measure, under a name of its own."""
    return SourceSettings(
        name=new_public_id(),
        environment_id=cast.project.default_environment.id,
        error_org_key="1",
        error_project_key="2",
        error_project_label="web",
        error_environment="production",
        attributes={},
        field_values={},
    )


def an_impact_source(cast: Cast) -> str:
    """A further impact source of the project Shop."""
    integration, wanted = connected(cast), settings(cast)
    with write():
        source = add_impact_source(
            db.session.get_one(Integration, integration.id), wanted, interval_seconds=60, warning=""
        )
    return source.public_id


def a_paused_source(cast: Cast) -> str:
    """A further impact source, from which nothing is collected."""
    public_id = an_impact_source(cast)
    with write():
        source = db.session.scalars(
            select(ImpactSource).where(ImpactSource.public_id == public_id)
        ).one()
        source.paused_at = clock.now()
    return public_id


def paused(cast: Cast) -> None:
    """Acme's integration, from which nothing is collected."""
    integration_id = connected(cast).id
    with write():
        db.session.get_one(Integration, integration_id).paused_at = clock.now()


def disabled(cast: Cast) -> None:
    """Acme's integration, disabled and not yet deleted for good."""
    connected(cast)
    disabling.disable_integration(cast.acme.id, "sentry", "Sentry")


def an_attempt_to_restore(cast: Cast) -> str:
    """A further attempt to restore what was disabled, which is still running."""
    credentials = {"token": "sntryu_sample"}
    return restoring.start_restoration(cast.acme.id, "sentry", credentials, cast.owner.id)


def an_attempt_to_replace(cast: Cast) -> str:
    """A further attempt of the owner to replace the token, which waits for a yes."""
    integration, user_id = connected(cast), cast.owner.id
    public_id = replacing.start_replacement(integration, {"token": "sntryu_other"}, user_id)
    with write():
        check = db.session.scalars(
            select(ConnectionCheck).where(ConnectionCheck.public_id == public_id)
        ).one()
        question = {"account": "12", "stops": []}
        checks.decide(check, CheckState.INCOMPLETE, "Another.", asks_for=[], question=question)
    return public_id


def an_attempt_to_connect(cast: Cast) -> str:
    """A further attempt to connect, which is still running."""
    user_id, organization_id = cast.owner.id, cast.acme.id
    with write():
        check = checks.start(
            organization_id=organization_id,
            provider="sentry",
            kind=CheckKind.CONNECT,
            payload={"credentials": {}},
            user_id=user_id,
        )
    return check.public_id


def a_replay(cast: Cast) -> str:
    """A further look at another sensitivity of the project Shop, which waits for a decision."""
    replay = Replay(
        public_id=new_public_id(),
        organization_id=cast.acme.id,
        project_id=cast.project.id,
        kind=ReplayKind.SENSITIVITY,
        proposal={
            "judging": {
                "sensitivity": "coarse",
                "failure_boundary": "ailing",
                "failure_minutes": 5,
            },
            "before": "normal",
            "was": asdict(judging.judging_of(cast.project)),
        },
        state=ReplayState.DONE,
        judged_at=clock.now(),
        created_at=clock.now(),
        expires_at=clock.now(),
    )
    with write():
        db.session.add(replay)
        db.session.flush()
        replay.fingerprint = replays.fingerprint(replay)
    return replay.public_id


def an_attempt_to_measure(cast: Cast) -> str:
    """A further attempt to add an impact source, which is still running."""
    proposal = checking.Proposal(settings(cast), None)
    return checking.start_check(connected(cast), proposal, cast.owner.id)
