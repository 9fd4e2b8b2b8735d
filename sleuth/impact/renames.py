"""Calling what is measured as the tracker calls it now.

Sources are bound to what stays the same, the tracker's own keys. Names, and whatever else
a plugin keeps with a project, follow the list of projects.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Text, and_, cast, or_, select
from sqlalchemy.orm.attributes import flag_modified

from sleuth.accounts import audit
from sleuth.extensions import db, write
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import TrackerProject


def renamed_ids(_now: datetime) -> list[int]:
    """Return the integrations that measure something which is called otherwise by now."""
    return list(
        db.session.scalars(
            select(ImpactSource.integration_id).join(TrackerProject, _is_renamed()).distinct()
        )
    )


def follow_renames(integration_id: int) -> None:
    """Take over the new names; what is measured and what was counted stay as they are."""
    with write():
        found = db.session.execute(
            select(ImpactSource, TrackerProject)
            .join(TrackerProject, _is_renamed())
            .where(ImpactSource.integration_id == integration_id)
            .order_by(ImpactSource.id)
            .with_for_update(of=ImpactSource)
        )
        for source, project in found:
            source.error_org_label, source.error_project_label = project.org_label, project.label
            source.attributes = dict(project.attributes)
            flag_modified(source, "attributes")  # equal but for the order of its keys
            audit.publish(source.organization_id, "impactSourceChanged", source.provider)


def _is_renamed() -> ColumnElement[bool]:
    """Whether a listed project is what a source measures, under another name.

    Compared as text, because PostgreSQL compares no JSON; both were written by the same hand.
    """
    kept, listed = cast(ImpactSource.attributes, Text), cast(TrackerProject.attributes, Text)
    return and_(
        TrackerProject.integration_id == ImpactSource.integration_id,
        TrackerProject.org_key == ImpactSource.error_org_key,
        TrackerProject.project_key == ImpactSource.error_project_key,
        or_(
            TrackerProject.org_label != ImpactSource.error_org_label,
            TrackerProject.label != ImpactSource.error_project_label,
            kept != listed,
        ),
    )
