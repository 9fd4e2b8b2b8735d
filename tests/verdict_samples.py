"""A judged deploy, and one whose health was set by hand, for ``tests/samples.py``."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from sleuth import clock
from sleuth.deploys import service as deploys
from sleuth.deploys.models import Deploy
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import register_deploy
from sleuth.extensions import db, write
from sleuth.health.by_hand import overriding
from sleuth.health.by_hand.models import Override
from sleuth.health.by_hand.people import Person
from sleuth.health.models import Verdict
from sleuth.ids import new_public_id
from sleuth.impact.models import ImpactSource
from tests import tracker_samples as trackers
from tests.conftest import Cast

SOURCE = "Sample of a verdict"


def judged(cast: Cast) -> Verdict:
    """A verdict on a deploy of Acme's, made at the first call."""
    known = db.session.scalar(select(Verdict).where(Verdict.source_name == SOURCE))
    if known is not None:
        return known
    deploy = _deploy(cast)
    verdict = Verdict(
        deploy_id=deploy.id, source_name=SOURCE, provider="sentry", health="unhealthy"
    )
    with write():
        db.session.add(verdict)
    return verdict


def a_verdict(cast: Cast) -> str:
    """The verdict's public id."""
    return judged(cast).public_id


def a_judged_deploy(cast: Cast) -> str:
    """The public id of the deploy that it is about."""
    return judged(cast).deploy.public_id


def measured(cast: Cast) -> Verdict:
    """A verdict whose impact source is there, made at the first call."""
    known = db.session.scalar(select(Verdict).where(Verdict.impact_source_id.is_not(None)))
    if known is not None:
        return known
    trackers.an_impact_source(cast)
    source = db.session.scalars(select(ImpactSource)).first()
    assert source is not None
    verdict = Verdict(
        deploy_id=_deploy(cast).id,
        impact_source_id=source.id,
        source_name=source.name,
        provider="sentry",
        health="healthy",
    )
    with write():
        db.session.add(verdict)
    return verdict


def a_measured_verdict(cast: Cast) -> str:
    """That verdict's public id."""
    return measured(cast).public_id


def a_measured_deploy(cast: Cast) -> str:
    """The public id of the deploy that it is about."""
    return measured(cast).deploy.public_id


def an_overridden_deploy(cast: Cast) -> str:
    """A deploy of Acme's whose health was set by hand, made at the first call."""
    found = select(Deploy).join(Override, Override.deploy_id == Deploy.id)
    deploy = db.session.scalar(found.where(Deploy.organization_id == cast.acme.id))
    if deploy is None:
        deploy = _deploy(cast)
        by = Person.of(cast.developer)
        overriding.set_override(deploy.id, "healthy", "A bot did it.", by, seen="")
    return deploy.public_id


def what_stands(cast: Cast) -> Mapping[str, str]:
    """What is posted to take that back."""
    public_id = an_overridden_deploy(cast)
    stands = select(Override.public_id).join(Deploy, Deploy.id == Override.deploy_id)
    return {"seen": db.session.scalar(stands.where(Deploy.public_id == public_id)) or ""}


def _deploy(cast: Cast) -> Deploy:
    made = deploys.create_code_deployment(cast.project.id, new_public_id())
    return register_deploy(made.id, Registration(revision="b450349"), clock.now())
