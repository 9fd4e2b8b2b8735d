"""Why a verdict is what it is: explanation, picture and history, for the card and the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from sleuth import clock
from sleuth.buckets import MINUTE, duration
from sleuth.dashboard.chart import Chart, draw_chart
from sleuth.dashboard.lines import ImpactLine, because_of, line_of, tracker_names
from sleuth.dashboard.neighbours import read_neighbours
from sleuth.dashboard.new_errors import read_in_full
from sleuth.dashboard.waiting import WAITED_FOR, trouble_of
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.by_hand import answering
from sleuth.health.explaining import Explanation, explain
from sleuth.health.explaining.counts import LEAST_TIMES, share_fewer
from sleuth.health.models import Verdict, VerdictChange
from sleuth.health.quantities import errors, rounded
from sleuth.impact.models import ImpactSource


@dataclass(frozen=True, slots=True)
class Change:
    """A look at which the verdict became another, or the last one so far.

    Args:
        because: Why the health is unknown, "" if it is known.
        counted_for, minutes: How much data there was.
        at: When it was known.
        errors, expected, times: What had come by then, in words; "" where that is not known.
        is_revision: The same data, or less, had said otherwise before.
        judged_again_by: Who had it judged by other rules; empty where nobody had.
        stage: ``final`` or ``so far`` for what holds now, "" for what is past.
    """

    health: str
    because: str
    counted_for: str
    minutes: int
    at: datetime
    errors: str
    expected: str
    times: str
    is_revision: bool
    stage: str = ""
    judged_again_by: str = ""


@dataclass(frozen=True, slots=True)
class Impact:
    """One impact source's verdict with its reasons; the chart is None if there are no counts.

    Args:
        changes: The verdicts so far, oldest first.
    """

    line: ImpactLine
    chart: Chart | None
    changes: tuple[Change, ...]
    explanation: Explanation

    @property
    def listed_minutes(self) -> int:
        """How much of what the verdict rests on the table of counts holds."""
        picture = self.line.picture
        return len(picture.counted) * picture.step_seconds // MINUTE if picture else 0

    @property
    def lead(self) -> tuple[str, str, str]:
        """The first sentence, parted where it says how many errors came, if it does."""
        first = next(iter(self.explanation.sentences), self.line.sentence)
        seen = self.line.figures.get("observed")
        told = errors(seen) if seen else "no error"
        before, found, after = first.partition(f" {told} arrived")
        return (f"{before} ", told, after and f" arrived{after}") if found else (first, "", "")


def impacts_of(deploy_id: str, lines: Sequence[ImpactLine]) -> tuple[Impact, ...]:
    """Return the impacts of a deploy, in two statements for all of them.

    Args:
        deploy_id: The deploy's public id.
    """
    changed = _changes_of([line.verdict_id for line in lines])
    neighbours = read_neighbours(deploy_id, [line.picture for line in lines])
    return tuple(
        Impact(
            line=line,
            chart=draw_chart(line.picture, line.rate_after, neighbours),
            changes=tuple(_changes(changed.get(line.verdict_id, ()), line)),
            explanation=explain(line.figures),
        )
        for line in lines
    )


def read_evidence(
    organization_id: int, deploy_id: str, verdict_id: str, *, is_in_place: bool
) -> Impact | None:
    """Return one verdict with its reasons, None if the organization has none such.

    Args:
        deploy_id, verdict_id: Their public ids.
        is_in_place: A card is around it, which lists the new errors.
    """
    row = db.session.execute(
        select(Verdict, ImpactSource.id.is_not(None).label("is_watched"), *WAITED_FOR)
        .join(Verdict.deploy)
        .outerjoin(Verdict.impact_source)
        .outerjoin(ImpactSource.integration)
        .where(
            Verdict.public_id == verdict_id,
            Deploy.public_id == deploy_id,
            Deploy.organization_id == organization_id,
        )
    ).one_or_none()
    if row is None:
        return None
    verdict: Verdict = row.Verdict
    is_new = {} if is_in_place else read_in_full([verdict.id])
    questions = answering.questions([verdict], {verdict.deploy_id: deploy_id})
    line = line_of(
        verdict,
        tracker_names(),
        clock.now(),
        is_watched=row.is_watched,
        new_errors=is_new.get(verdict.id),
        question=questions.get(verdict.id),
        trouble=trouble_of(row),
    )
    [impact] = impacts_of(deploy_id, [line])
    return impact


def _changes_of(verdict_ids: Sequence[int]) -> dict[int, list[VerdictChange]]:
    found: dict[int, list[VerdictChange]] = {}
    rows = select(VerdictChange).where(VerdictChange.verdict_id.in_(verdict_ids))
    for row in db.session.scalars(rows.order_by(VerdictChange.id)):
        found.setdefault(row.verdict_id, []).append(row)
    return found


def _changes(rows: Sequence[VerdictChange], line: ImpactLine) -> Iterator[Change]:
    """Yield what a reader notices, another health or reason of it, and then what holds now."""
    noticed = list(_noticed(rows))
    if not noticed:
        return
    stage = "final" if line.is_final else "" if line.is_gone else "so far"
    is_now = _is_as_now(noticed[-1], line)
    for row in noticed:
        yield _change(row, line, stage if is_now and row is noticed[-1] else "")
    if not is_now and line.assessed_at:
        yield _now(line, line.assessed_at, stage)


def _is_as_now(row: VerdictChange, line: ImpactLine) -> bool:
    """Tell whether no more, or other, counts have been looked at since."""
    is_same_count = row.observed in {None, line.figures.get("observed")}
    return is_same_count and row.minutes_of_data == line.minutes_of_data


def _noticed(rows: Sequence[VerdictChange]) -> Iterator[VerdictChange]:
    before = ("", "")
    for row in rows:
        seen = (row.health, because_of(row.health, row.reason))
        if seen != before or row.judged_again_by:
            yield row
        before = seen


def _change(row: VerdictChange, line: ImpactLine, stage: str) -> Change:
    return Change(
        health=row.health,
        because=because_of(row.health, row.reason),
        counted_for=duration(row.minutes_of_data, line.step_seconds),
        minutes=row.minutes_of_data,
        at=row.at,
        errors="" if row.observed is None else errors(row.observed),
        expected="" if row.expected is None else rounded(row.expected),
        times=_compared(row.observed, row.expected),
        is_revision=row.is_revision,
        stage=stage,
        judged_again_by=row.judged_again_by or "",
    )


def _now(line: ImpactLine, at: datetime, stage: str) -> Change:
    seen, expected = (line.figures.get(name) for name in ("observed", "expected"))
    return Change(
        health=line.health,
        because=line.because,
        counted_for=line.counted_for,
        minutes=line.minutes_of_data,
        at=at,
        errors="" if seen is None else errors(seen),
        expected="" if expected is None else rounded(expected),
        times=_compared(seen, expected),
        is_revision=False,
        stage=stage,
    )


def _compared(seen: float | None, expected: float | None) -> str:
    """Return "4.3 times" or "82 % fewer"; nothing where next to none was expected, or none came."""
    if not seen or expected is None or expected < 1:
        return ""
    if 1 / LEAST_TIMES < seen / expected < LEAST_TIMES:
        return "about as many"
    if seen < expected:
        return f"{share_fewer(seen / expected)} % fewer"
    return f"{rounded(seen / expected)} times"
