"""What a judgement says of a deploy that shares it with an earlier one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sleuth.health.detector import Assessment, looks_for, next_bucket
from sleuth.health.groups import Place
from sleuth.health.judging import Judgement


def as_of(judgement: Judgement, place: Place, deployed_at: datetime) -> Judgement:
    """Return a judgement as it stands on one of the deploys that share it.

    One that came later is not judged by minutes before it alone: it waits until as many of
    its own are counted as a first look takes. What is final, is so for all of them.
    """
    made = judgement.assessment
    step = made.step_seconds
    end = next_bucket(int(place.began_at.timestamp()), step) + made.minutes_of_data * 60
    own = end - next_bucket(int(deployed_at.timestamp()), step)
    if made.is_final or not made.minutes_of_data or own >= looks_for(step)[0] * 60:
        return judgement
    waiting = Assessment("unknown", "pending", is_final=False, step_seconds=step)
    details = {**judgement.details, **waiting.as_json()}
    details.pop("new_errors", None)
    return replace(judgement, assessment=waiting, details=details)
