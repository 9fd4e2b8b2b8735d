"""Which verdicts are made again because counts that were known became others.

Counts come late after an outage or with a back-fill, or the tracker corrects them. How far
that reaches is weighed against what it costs to judge hundreds of deploys again:

* Counts since the day before a deploy, up to its last look, are what its verdict says: again.
* Counts farther back only tell what is usual. A verdict that is not final yet is made again;
  one that is, only if several hours of the past are known now that were not then.
* A verdict older than four weeks stays: what it was made from is not kept by the minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import and_, or_, select, update

from sleuth import clock
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.detector import looks_for
from sleuth.health.models import Verdict
from sleuth.health.spans import BASELINE
from sleuth.impact import series
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import changed_source_ids, take_changes

AT_ONCE = 100
SLICE = 500
SECONDS_OF_WORK = 20.0
DAY_BEFORE = timedelta(days=1)
BACKFILL_HOURS = 6.0


def follow_changes() -> None:
    """Make verdicts due again that rest on counts which became others, for 20 s at most."""
    stop_at = time.monotonic() + SECONDS_OF_WORK
    changed = iter(changed_source_ids(clock.now()))
    while (some := list(islice(changed, AT_ONCE))) and time.monotonic() < stop_at:
        with write():
            for source_id in some:
                _follow(source_id)


def _follow(source_id: int) -> None:
    changed = take_changes(source_id)
    if changed is not None:
        source = db.session.get_one(ImpactSource, source_id)
        since, until = changed
        _make_due([*_touched(source, since, until), *_filled_in(source, since, until)])


def _touched(source: ImpactSource, since: datetime, until: datetime) -> Iterable[int]:
    """Return the verdicts whose own counts changed, and the open ones that rest on them."""
    step = source.interval_seconds
    last_look = timedelta(minutes=looks_for(step)[-1], seconds=step)
    is_near = Deploy.deployed_at < until + max(DAY_BEFORE, timedelta(seconds=2 * step))
    return db.session.scalars(
        select(Verdict.id)
        .join(Verdict.deploy)
        .where(
            Verdict.impact_source_id == source.id,
            Deploy.deployed_at > since - last_look,
            or_(Verdict.ended_at.is_(None), Verdict.ended_at > since),
            Deploy.deployed_at >= clock.now() - BASELINE,
            or_(is_near, and_(~Verdict.was_final, Deploy.deployed_at < until + BASELINE)),
        )
    )


def _filled_in(source: ImpactSource, since: datetime, until: datetime) -> list[int]:
    """Return the final verdicts of which much more of the past is known than was."""
    rows = db.session.execute(
        select(Verdict.id, Verdict.began_at, Verdict.known_hours)
        .join(Verdict.deploy)
        .where(
            Verdict.impact_source_id == source.id,
            Verdict.was_final,
            Verdict.began_at > since,
            Verdict.began_at < until + BASELINE,
            Deploy.deployed_at >= clock.now() - BASELINE,
        )
    )
    begun = [(id_, began_at, known) for id_, began_at, known in rows if began_at]
    if not begun:
        return []
    oldest = min(began_at for _id, began_at, _known in begun) - BASELINE
    ranges = series.covered(source.id, int(oldest.timestamp()), int(clock.now().timestamp()))
    return [
        id_
        for id_, began_at, known in begun
        if _known_hours(began_at, ranges) - known >= BACKFILL_HOURS
    ]


def _known_hours(began_at: datetime, known: Sequence[series.Range]) -> float:
    end = int(began_at.timestamp())
    begin = end - int(BASELINE.total_seconds())
    seconds = sum(max(0, min(until, end) - max(since, begin)) for since, until in known)
    return seconds / series.HOUR


def _make_due(verdict_ids: Sequence[int]) -> None:
    for first in range(0, len(verdict_ids), SLICE):
        db.session.execute(
            update(Verdict)
            .where(Verdict.id.in_(verdict_ids[first : first + SLICE]))
            .values(due_at=clock.now())
            .execution_options(synchronize_session=False)
        )
