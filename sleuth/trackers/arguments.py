"""What hooks are given, made so that they can neither be changed nor be misunderstood."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from sleuth.plugin_api import ImpactConfig


def floor_to(moment: datetime, step_seconds: int) -> datetime:
    """Return the start of the bucket that a moment lies in."""
    epoch = int(moment.timestamp())
    return datetime.fromtimestamp(epoch - epoch % step_seconds, UTC)


def ceiling_to(moment: datetime, step_seconds: int) -> datetime:
    """Return the moment if a bucket starts there, otherwise the start of the next one."""
    floor = floor_to(moment, step_seconds)
    return floor if floor == moment else floor + timedelta(seconds=step_seconds)


def read_only(config: ImpactConfig) -> ImpactConfig:
    """Return the same configuration with mappings that refuse to be changed."""
    return replace(
        config,
        attributes=MappingProxyType(dict(config.attributes)),
        values=MappingProxyType(dict(config.values)),
    )
