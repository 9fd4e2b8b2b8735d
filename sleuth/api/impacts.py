"""A verdict as the API tells it: who saw what, and where more is to be read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import url_for

from sleuth.api.answers import moment
from sleuth.dashboard.links import web_address
from sleuth.health.models import Verdict
from sleuth.web import base_url

AROUND = timedelta(hours=1)
NUMBERS = (
    "observed",
    "expected",
    "expected_low",
    "expected_high",
    "ratio",
    "ratio_low",
    "ratio_high",
)
"""What is taken from the assessment as it is stored; None where it does not say."""


def impact_of(verdict: Verdict, deploy_id: str) -> dict[str, Any]:
    """Return what one impact source says of a deploy.

    Args:
        deploy_id: The deploy's public id.
    """
    source = verdict.impact_source
    return {
        "impact_source": {
            "id": source.public_id if source else None,
            "name": verdict.source_name,
            "provider": verdict.provider,
        },
        "health": verdict.health or "unknown",
        "reason": verdict.reason or None,
        "is_final": verdict.is_final,
        "minutes_of_data": verdict.minutes_of_data,
        "sentence": verdict.sentence,
        **{name: verdict.assessment.get(name) for name in NUMBERS},
        "assessed_at": moment(verdict.assessed_at),
        "revised_at": moment(verdict.revised_at),
        "links": {
            "evidence": url_of("api.evidence", public_id=deploy_id),
            "series": _series_url(verdict),
            "tracker": web_address(verdict.assessment.get("explore_url")) or None,
        },
    }


def url_of(endpoint: str, **values: Any) -> str:
    """Return the whole address of one of our own."""
    return f"{base_url()}{url_for(endpoint, **values)}"


def _series_url(verdict: Verdict) -> str | None:
    """Return where the counts around the deploy are, as far as the verdict has looked."""
    if verdict.impact_source is None or verdict.began_at is None:
        return None
    since = verdict.began_at - AROUND
    until = verdict.began_at + max(AROUND, timedelta(minutes=verdict.minutes_of_data))
    return url_of(
        "api.series",
        source_id=verdict.impact_source.public_id,
        since=moment(since.replace(microsecond=0)),
        until=moment(until.replace(microsecond=0)),
    )
