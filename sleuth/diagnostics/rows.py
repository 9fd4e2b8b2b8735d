"""How many rows there are of what impact sources have collected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select

from sleuth.extensions import db
from sleuth.health.models import Verdict
from sleuth.impact.models import Coverage, ErrorCount, HourlyCount


def counted(source_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return for each impact source what is stored of it: numbers of rows, never counts."""
    minutes = _by_source(_numbers(ErrorCount.impact_source_id), source_ids)
    hours = _by_source(_numbers(HourlyCount.impact_source_id), source_ids)
    covered = _by_source(_coverage(), source_ids)
    verdicts = _by_source(_verdicts(), source_ids)
    return {
        id_: {
            "minutes_with_errors": minutes.get(id_, (0,))[0],
            "hours_with_errors": hours.get(id_, (0,))[0],
            "covered": _covered(*covered.get(id_, (0, None, None, 0))),
            "verdicts": verdicts.get(id_, (0, 0))[0],
            "verdicts_waiting": verdicts.get(id_, (0, 0))[1],
        }
        for id_ in source_ids
    }


def _by_source(statement: Select[Any], source_ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    column = statement.selected_columns[0]
    rows = db.session.execute(statement.where(column.in_(source_ids)).group_by(column))
    return {id_: tuple(values) for id_, *values in rows}


def _numbers(source_id: Any) -> Select[Any]:
    return select(source_id, func.count())


def _coverage() -> Select[Any]:
    seconds = func.sum(Coverage.until - Coverage.since)
    first, last = func.min(Coverage.since), func.max(Coverage.until)
    columns: tuple[Any, ...] = (Coverage.impact_source_id, func.count(), first, last, seconds)
    return select(*columns)


def _verdicts() -> Select[Any]:
    waiting = func.count().filter(Verdict.due_at.is_not(None))
    columns: tuple[Any, ...] = (Verdict.impact_source_id, func.count(), waiting)
    return select(*columns)


def _covered(ranges: int, first: int | None, last: int | None, seconds: Any) -> dict[str, Any]:
    return {
        "ranges": ranges,
        "since": _moment(first),
        "until": _moment(last),
        "minutes": int(seconds or 0) // 60,
    }


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
