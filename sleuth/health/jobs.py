"""RQ jobs of the verdicts: ids in, nothing out."""

from __future__ import annotations

from sleuth.health import purging, service, surveying


def assess_deploy(deploy_id: int) -> None:
    """Make or renew a deploy's verdicts."""
    service.assess_deploy(deploy_id)


def follow_changes(_number: int) -> None:
    """Have the verdicts made again that rest on counts which changed, whose they are."""
    service.follow_changes()


def refresh_strips(_number: int) -> None:
    """Look again at how environments are that somebody looks at or has deployed to."""
    surveying.refresh_due()


def purge_integration(integration_id: int) -> None:
    """Delete for good what a disabled integration has left."""
    purging.purge_integration(integration_id)
