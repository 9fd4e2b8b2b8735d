"""RQ jobs of the demo: ids in, nothing out."""

from __future__ import annotations

from sleuth.demo import keeping


def keep_up(organization_id: int) -> None:
    """Do what has not been done yet."""
    keeping.keep_up(organization_id)
