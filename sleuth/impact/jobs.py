"""RQ jobs of the impact sources: ids in, nothing out."""

from __future__ import annotations

from sleuth.impact import checking, collecting


def check_impact_source(check_id: int) -> None:
    """Prove a configuration and save it."""
    checking.validate_impact_source(check_id)


def collect_integration(integration_id: int) -> None:
    """Collect what is due for one integration."""
    collecting.collect_integration(integration_id)
