"""Which deploys an impact source judges.

Those since ``judges_from``. Before somebody has said whether an added source judges what was
deployed earlier, also those that were only registered since: nobody has seen them without it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_

from sleuth.deploys.models import Deploy
from sleuth.impact.models import ImpactSource

REGISTERED_LATE = timedelta(days=28)
"""Of what was deployed earlier there are hardly counts to judge by."""


def is_watched(deploy: Deploy, source: ImpactSource, now: datetime) -> bool:
    """Tell whether a source judges a deploy to its environment."""
    is_late = (
        source.judges_from == source.created_at <= deploy.registered_at
        and deploy.deployed_at >= now - REGISTERED_LATE
    )
    return deploy.deployed_at >= source.judges_from or is_late


def watched(now: datetime) -> ColumnElement[bool]:
    """Return the same as a condition on a deploy and a source of its environment."""
    return or_(
        Deploy.deployed_at >= ImpactSource.judges_from,
        and_(
            ImpactSource.judges_from == ImpactSource.created_at,
            Deploy.registered_at >= ImpactSource.created_at,
            Deploy.deployed_at >= now - REGISTERED_LATE,
        ),
    )
