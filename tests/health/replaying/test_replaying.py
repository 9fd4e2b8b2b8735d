"""What a preview says is what live said, and what applying it makes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from sleuth import clock
from sleuth.accounts.models import AuditEntry, Event
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health import due as verdicts_due
from sleuth.health import service as judging_service
from sleuth.health.models import Verdict, VerdictChange
from sleuth.health.replaying import due, service, work
from sleuth.health.replaying.applying import NotAppliedError
from sleuth.health.replaying.models import Replay, ReplayKind, ReplayState
from sleuth.health.replaying.results import results_of
from sleuth.impact import service as impact
from sleuth.impact.models import ImpactSource, Sweep
from sleuth.projects.judging import Judging
from tests.conftest import NOW, Cast
from tests.health.replaying.conftest import (
    DAY,
    findings,
    live,
    numbers,
    numbers_of,
    run,
    verdicts,
)
from tests.health.story import MINUTE, correct, count


def of_sensitivity(cast: Cast, sensitivity: str) -> Replay:
    """Begin to look at another sensitivity."""
    replay = service.begin_for_sensitivity(
        cast.project, Judging(sensitivity, "unhealthy", 7), cast.owner.id
    )
    assert replay is not None
    return replay


def of_threshold(cast: Cast, source: ImpactSource, limit: float | None) -> Replay:
    """Begin to look at another limit."""
    settings = replace(impact.settings_of(source), threshold=limit)
    replay = service.begin_for_threshold(source, settings, cast.owner.id)
    assert replay is not None
    return replay


def as_it_is(cast: Cast) -> Replay:
    """Begin to look at the rules that hold already."""
    with write():
        judging = {"sensitivity": "normal", "failure_boundary": "unhealthy", "failure_minutes": 7}
        proposal = {"judging": judging, "before": "normal"}
        replay = service._new(ReplayKind.SENSITIVITY, cast.project, None, proposal, cast.owner.id)
        db.session.flush()
    return replay


def judge_what_is_due() -> list[int]:
    """Let the ordinary job do what is due."""
    ids = verdicts_due.due_deploy_ids(NOW)
    for deploy_id in ids:
        judging_service.assess_deploy(deploy_id)
    return ids


def test_the_history_is_mixed(lived: list[Deploy]) -> None:
    said = verdicts()
    assert {each.health for each in said.values()} >= {"healthy", "unhealthy", "unknown"}
    assert {each.reason for each in said.values()} >= {"short_history", "usual", "rise"}
    assert {each.group_size for each in said.values()} == {1, 2}
    assert {each.is_final for each in said.values()} == {True, False}


def test_preview_and_live_agree_exactly(cast: Cast, lived: list[Deploy]) -> None:
    found = findings(run(as_it_is(cast)))
    said = {id_: numbers_of(each) for id_, each in verdicts().items()}
    assert {id_: numbers(each) for id_, each in found.items()} == said


def test_so_they_do_of_a_limit(cast: Cast, source: ImpactSource, deploy) -> None:
    with write():
        db.session.get_one(ImpactSource, source.id).manually_set_health_threshold = 5.0
    count(source, NOW - 8 * DAY, NOW, 3)
    made = [deploy(minutes) for minutes in (4320, 2880, 2874, 30)]
    count(source, made[1].deployed_at, made[1].deployed_at + 1440 * MINUTE, 9)
    live(made)
    found = findings(run(as_it_is(cast)))
    said = {id_: numbers_of(each) for id_, each in verdicts().items()}
    assert {id_: numbers(each) for id_, each in found.items()} == said
    assert {"above_threshold", "below_threshold"} == {each.reason for each in found.values()}


def test_the_course_tells_what_live_said_in_the_first_hour(cast: Cast, lived: list[Deploy]) -> None:
    found = findings(run(as_it_is(cast)))
    bad = lived[2]
    verdict = verdicts()[bad.id]
    changes = db.session.scalars(
        select(VerdictChange).where(VerdictChange.verdict_id == verdict.id)
    ).all()
    live_course = [[each.minutes_of_data, each.health] for each in changes]
    assert found[bad.id].course[0] == live_course[0]


@pytest.mark.parametrize("sensitivity", ["fine", "coarse"])
def test_applying_a_sensitivity_makes_exactly_what_was_previewed(
    cast: Cast, history: list[Deploy], sensitivity: str
) -> None:
    replay = run(of_sensitivity(cast, sensitivity))
    shown = {id_: numbers(each) for id_, each in findings(replay).items()}
    assert service.apply(replay, cast.owner, again=True) == len(history)
    judge_what_is_due()
    said = verdicts()
    assert {id_: numbers_of(each) for id_, each in said.items()} == shown
    assert {each.sensitivity for each in said.values()} == {sensitivity}
    assert {each.judged_again_by for each in said.values()} == {None}


@pytest.mark.parametrize("limit", [0.5, 4.0])
def test_applying_a_limit_makes_exactly_what_was_previewed(
    cast: Cast, source: ImpactSource, history: list[Deploy], limit: float
) -> None:
    replay = run(of_threshold(cast, source, limit))
    shown = {id_: numbers(each) for id_, each in findings(replay).items()}
    service.apply(replay, cast.owner, again=True)
    judge_what_is_due()
    assert {id_: numbers_of(each) for id_, each in verdicts().items()} == shown


def test_nothing_is_applied_by_looking(cast: Cast, history: list[Deploy]) -> None:
    before = {id_: numbers_of(each) for id_, each in verdicts().items()}
    run(of_sensitivity(cast, "coarse"))
    assert judge_what_is_due() == []
    assert {id_: numbers_of(each) for id_, each in verdicts().items()} == before
    assert cast.project.sensitivity == "normal"


def test_new_deploys_only_leaves_the_verdicts_that_there_are(
    cast: Cast, history: list[Deploy]
) -> None:
    before = {id_: numbers_of(each) for id_, each in verdicts().items()}
    service.apply(run(of_sensitivity(cast, "coarse")), cast.owner, again=False)
    judge_what_is_due()
    assert {id_: numbers_of(each) for id_, each in verdicts().items()} == before
    db.session.rollback()
    assert cast.project.sensitivity == "coarse"


def test_the_history_says_who_had_it_judged_again(cast: Cast, history: list[Deploy]) -> None:
    service.apply(run(of_sensitivity(cast, "coarse")), cast.owner, again=True)
    judge_what_is_due()
    changes = verdicts()[history[1].id].changes
    assert [(each.judged_again_by, each.is_revision) for each in changes][-1] == (
        cast.owner.name,
        False,
    )
    assert verdicts()[history[1].id].revised_at is None


def test_live_pages_hear_of_it_even_where_the_same_is_said(
    cast: Cast, history: list[Deploy]
) -> None:
    service.apply(run(of_sensitivity(cast, "coarse")), cast.owner, again=True)
    with write():
        db.session.execute(delete(Event))
    judge_what_is_due()
    heard = set(db.session.scalars(select(Event.subject).where(Event.name == "deployChanged")))
    assert heard == {each.public_id for each in history}


def test_the_audit_log_says_what_was_before(cast: Cast, history: list[Deploy]) -> None:
    service.apply(run(of_sensitivity(cast, "coarse")), cast.owner, again=True)
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "project.judged_again")
    ).one()
    assert entry.detail == {
        "deploys": len(history),
        "sensitivity": "coarse",
        "sensitivity_before": "normal",
    }


def test_a_worker_that_was_killed_is_gone_on_for_where_it_was(
    cast: Cast, history: list[Deploy], monkeypatch
) -> None:
    replay = of_sensitivity(cast, "coarse")
    replay_id = replay.id
    monkeypatch.setattr(work, "SECONDS_BETWEEN_NEWS", 0.0)
    original, calls = work._keep, []

    def die_after_three(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(work, "_keep", die_after_three)
    with pytest.raises(KeyboardInterrupt):
        work.go_on(replay_id)
    monkeypatch.undo()
    db.session.rollback()
    stuck = db.session.get_one(Replay, replay_id)
    assert (stuck.state, stuck.done, due.due_ids(NOW)) == (ReplayState.RUNNING, 3, [])
    done = run(stuck, NOW + timedelta(seconds=80))
    assert (done.state, done.done, done.judged_at) == (ReplayState.DONE, len(history), NOW)
    assert set(findings(done)) == {each.id for each in history}


def test_a_slice_ends_and_the_rest_is_enqueued(
    cast: Cast, history: list[Deploy], monkeypatch, queued_jobs
) -> None:
    replay = of_sensitivity(cast, "coarse")
    queued_jobs.clear()
    ids = [replay.id]
    ticks = iter(range(0, 1000, 6))
    monkeypatch.setattr(work.time, "monotonic", lambda: float(next(ticks)))
    work.go_on(ids[0])
    db.session.rollback()
    row = db.session.get_one(Replay, ids[0])
    assert (row.state, 0 < row.done < row.total) == (ReplayState.RUNNING, True)
    assert queued_jobs == [(work.JOB, ids[0])]


def test_two_workers_do_not_do_the_same(cast: Cast, history: list[Deploy]) -> None:
    replay = of_sensitivity(cast, "coarse")
    assert due.claim(replay.id, NOW) is not None
    assert due.claim(replay.id, NOW) is None


def test_counts_that_changed_since_are_judged_anew_before_anything_is_applied(
    cast: Cast, source: ImpactSource, history: list[Deploy]
) -> None:
    replay = run(of_sensitivity(cast, "coarse"))
    assert not service.look_again(replay)
    calm = history[1]
    correct(source, calm.deployed_at, calm.deployed_at + 60 * MINUTE, 40)
    assert service.look_again(replay)
    db.session.rollback()
    assert (replay.state, replay.message) == (ReplayState.QUEUED, service.CHANGED_SINCE)
    course = findings(run(replay))[calm.id].course
    assert "unhealthy" in {health for _minutes, health in course}


def test_so_are_deploys_that_came_late_or_went(cast: Cast, history: list[Deploy], deploy) -> None:
    replay = run(of_sensitivity(cast, "coarse"))
    deploy(3000)
    assert service.look_again(replay)
    replay = run(replay)
    assert replay.total == len(history) + 1
    with write():
        db.session.execute(delete(Deploy).where(Deploy.id == history[0].id))
    assert service.look_again(replay)


def test_what_is_still_coming_in_is_no_change(
    cast: Cast, source: ImpactSource, history: list[Deploy], deploy
) -> None:
    replay = run(of_sensitivity(cast, "coarse"))
    with clock.frozen(NOW + 5 * MINUTE):
        count(source, NOW, NOW + 3 * MINUTE, 4)
        deploy(-2)
        assert not service.look_again(replay)


def test_the_second_of_two_people_is_told(cast: Cast, history: list[Deploy]) -> None:
    first, second = run(of_sensitivity(cast, "coarse")), run(of_sensitivity(cast, "fine"))
    service.apply(first, cast.owner, again=True)
    with pytest.raises(NotAppliedError, match="has applied this"):
        service.apply(first, cast.owner, again=True)
    with pytest.raises(NotAppliedError, match="changed this meanwhile"):
        service.apply(second, cast.owner, again=True)
    db.session.rollback()
    assert cast.project.sensitivity == "coarse"


def test_the_results_are_told_in_words(cast: Cast, history: list[Deploy]) -> None:
    results = results_of(run(of_sensitivity(cast, "coarse")))
    assert results.counts.startswith("Of 9 deploys: ")
    assert results.counts.endswith("not enough data.")
    assert results.comparison.startswith("Compared with now: ")
    assert len(results.rows) == len(history)
    assert [row.is_changed for row in results.rows] == sorted(
        [row.is_changed for row in results.rows], reverse=True
    )


def test_what_other_sources_say_goes_into_the_health_of_a_deploy(
    cast: Cast, added: list[Deploy]
) -> None:
    replay = offered()
    assert results_of(replay).comparison == "None of them has a verdict now."
    with write():
        for deploy, health in zip(
            added, ("unhealthy", "ailing", "healthy", "healthy"), strict=True
        ):
            db.session.add(
                Verdict(deploy_id=deploy.id, source_name="Old", provider="sentry", health=health)
            )
    rows = {row.deploy.id: row for row in results_of(replay).rows}
    assert [rows[each.id].before[0] for each in added] == [
        "unhealthy",
        "ailing",
        "healthy",
        "healthy",
    ]
    assert [rows[each.id].after[0] for each in added[:2]] == ["unhealthy", "ailing"]


def test_where_there_is_no_deploy_there_is_nothing_to_look_at(
    cast: Cast, source: ImpactSource
) -> None:
    wanted = Judging("coarse", "unhealthy", 7)
    assert service.begin_for_sensitivity(cast.project, wanted, cast.owner.id) is None


def test_expired_previews_are_erased(cast: Cast, history: list[Deploy]) -> None:
    run(of_sensitivity(cast, "coarse"))
    due.erase_expired()
    assert db.session.query(Replay).count() == 1
    with clock.frozen(NOW + service.LIFETIME):
        due.erase_expired()
    assert db.session.query(Replay).count() == 0


def offered() -> Replay:
    """Let the tick begin what it finds, and a worker do it."""
    for source_id in due.added_source_ids(NOW):
        service.begin_for_added(source_id)
    return run(db.session.scalars(select(Replay)).one())


def test_a_source_that_was_added_looks_at_the_past_by_itself_and_applies_nothing(
    cast: Cast, added: list[Deploy], source: ImpactSource
) -> None:
    replay = offered()
    assert due.added_source_ids(NOW) == []
    assert service.offers_of(cast.project.id) == {source.id: replay}
    assert set(findings(replay)) == {each.id for each in added}
    assert judge_what_is_due() == []


def test_it_does_so_only_once_its_past_has_been_read(added: list[Deploy]) -> None:
    with write():
        db.session.scalars(select(Sweep)).one().confirmed_at = None
    assert due.added_source_ids(NOW) == []


def test_saying_yes_makes_exactly_what_was_offered(cast: Cast, added: list[Deploy]) -> None:
    replay = offered()
    shown = {id_: numbers(each) for id_, each in findings(replay).items()}
    service.apply(replay, cast.owner, again=True)
    judge_what_is_due()
    assert {id_: numbers_of(each) for id_, each in verdicts().items()} == shown
    assert {each[0] for each in shown.values()} >= {"healthy", "unhealthy"}
    assert service.offers_of(cast.project.id) == {}


def test_saying_no_leaves_them_without_verdict_for_good(cast: Cast, added: list[Deploy]) -> None:
    service.dismiss(offered())
    assert judge_what_is_due() == []
    assert (service.offers_of(cast.project.id), due.added_source_ids(NOW)) == ({}, [])
