"""Telling live pages what became another, inside ``with write():``."""

from __future__ import annotations

from sleuth.accounts import audit
from sleuth.deploys.models import Deploy

DEPLOY_CHANGED = "deployChanged"
"""Its card is another; the subject is the deploy's public id."""

HEALTH_CHANGED = "healthChanged"
"""So is what counts and chooses deploys by health; the subject is the slug of the project."""


def tell(deploy: Deploy, *, is_other_health: bool) -> None:
    """Have what shows a deploy drawn again.

    Args:
        is_other_health: It may have another health, or be a change failure or none any more.
    """
    audit.publish(deploy.organization_id, DEPLOY_CHANGED, deploy.public_id)
    if is_other_health:
        audit.publish(deploy.organization_id, HEALTH_CHANGED, deploy.environment.project.slug)


def health_events(deploy: Deploy) -> tuple[str, ...]:
    """Return what pages hear when a deploy has another health, as :func:`tell` tells others."""
    slug = deploy.environment.project.slug
    return f"{DEPLOY_CHANGED}:{deploy.public_id}", HEALTH_CHANGED, f"{HEALTH_CHANGED}:{slug}"
