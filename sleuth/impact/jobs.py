"""RQ jobs of the impact sources: ids in, nothing out."""

from __future__ import annotations

from sleuth.impact import (
    checking,
    collecting,
    leases,
    listening,
    renames,
    replacing,
    restoring,
    retention,
    watching,
)


def check_impact_source(check_id: int) -> None:
    """Prove a configuration and save it."""
    checking.validate_impact_source(check_id)


def collect_round(_number: int) -> None:
    """Collect what is due; the number only tells one round from another."""
    collecting.collect_round()


def schedule_anew(integration_id: int) -> None:
    """Make due what was scheduled before the clock was set back."""
    leases.schedule_anew(integration_id)


def replace_token(check_id: int) -> None:
    """Prove a new token, and put it in the old one's place."""
    replacing.replace_token(check_id)


def restore(check_id: int) -> None:
    """Prove a token, and bring back what it once collected."""
    restoring.restore(check_id)


def announce(integration_id: int) -> None:
    """Let live pages know that an integration feels otherwise."""
    watching.announce(integration_id)


def follow_renames(integration_id: int) -> None:
    """Call what is measured as the tracker calls it now."""
    renames.follow_renames(integration_id)


def listen(part: int) -> None:
    """Find out which sources of a part have fallen silent."""
    listening.listen(part)


def prune_source(source_id: int) -> None:
    """Turn a source's old minutes into hours."""
    retention.prune_source(source_id)
