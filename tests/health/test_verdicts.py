"""Verdicts on deploys, from stored counts, and what is left of them afterwards."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from sleuth import clock
from sleuth.accounts.models import Event
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health import due, revising, service, storing, words
from sleuth.health.explaining import explain
from sleuth.health.models import Verdict
from sleuth.impact import sweeps
from sleuth.impact.disabling import disable_integration
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import delete_impact_source
from sleuth.integrations.models import Integration
from tests.conftest import NOW
from tests.health.story import DAY, LONG_AGO, MINUTE, count, judge, verdict_of


def test_a_new_deploy_is_due_and_then_not_recorded_yet(source, deploy) -> None:
    fresh = deploy(0)
    assert due.due_deploy_ids(NOW) == [fresh.id]
    verdict = judge(fresh)
    assert (verdict.health, verdict.reason) == ("unknown", "pending")
    assert verdict.sentence == "Not recorded yet."
    assert due.due_deploy_ids(NOW) == []


def test_of_too_many_due_deploys_those_that_waited_longest_come_first(
    source, deploy, monkeypatch
) -> None:
    late, later = deploy(1), deploy(32)
    judge(late)
    judge(later)
    monkeypatch.setattr(due, "MOST_DUE", 1)
    assert due.due_deploy_ids(NOW + DAY) == [later.id]


def test_more_errors_after_than_before_make_it_unhealthy(source, deploy) -> None:
    bad = deploy(60)
    count(source, LONG_AGO, NOW - 60 * MINUTE, 2)
    count(source, NOW - 60 * MINUTE, NOW, 9)
    verdict = judge(bad)
    assert (verdict.health, verdict.rate_before, verdict.rate_after) == ("unhealthy", 2.0, 9.0)
    assert "540 errors in 60 minutes" in verdict.sentence


def told_since(event_id: int = 0) -> list[tuple[str, str]]:
    """Return name and subject of the events after one."""
    later = select(Event.name, Event.subject).where(Event.id > event_id).order_by(Event.id)
    return [(name, subject) for name, subject in db.session.execute(later)]


def test_each_change_of_a_verdict_is_announced_once(source, deploy) -> None:
    steady = deploy(10)
    count(source, LONG_AGO, NOW, 3)
    judge(steady)
    judge(steady)
    assert told_since() == [("deployChanged", steady.public_id), ("healthChanged", "shop")]


def test_what_waits_for_counts_has_no_other_health(source, deploy) -> None:
    fresh = deploy(0)
    judge(fresh)
    assert told_since() == [("deployChanged", fresh.public_id)]


def test_a_look_that_finds_the_same_health_concerns_the_card_only(source, deploy) -> None:
    steady = deploy(10)
    count(source, LONG_AGO, NOW, 3)
    judge(steady)
    before = db.session.scalar(select(func.max(Event.id)))
    count(source, NOW, NOW + 10 * MINUTE, 3)
    judge(steady, NOW + 12 * MINUTE)
    assert told_since(before) == [("deployChanged", steady.public_id)]


def test_a_failure_that_is_noted_is_counted_though_the_health_is_the_same(
    source, deploy, monkeypatch
) -> None:
    steady = deploy(10)
    count(source, LONG_AGO, NOW, 3)
    judge(steady)
    before = db.session.scalar(select(func.max(Event.id)))
    count(source, NOW, NOW + 10 * MINUTE, 3)
    monkeypatch.setattr(storing, "note_failure", lambda _deploy: True)
    judge(steady, NOW + 12 * MINUTE)
    assert ("healthChanged", "shop") in told_since(before)


def test_deploys_that_share_a_verdict_are_told_with_one_word_of_their_project(
    source, deploy
) -> None:
    first, second = deploy(10), deploy(10)
    count(source, LONG_AGO, NOW, 3)
    judge(first)
    assert sorted(told_since()) == [
        *sorted(("deployChanged", each.public_id) for each in (first, second)),
        ("healthChanged", "shop"),
    ]


def test_missing_counts_are_unknown_and_never_healthy(source, deploy) -> None:
    old = deploy(26 * 60)
    count(source, LONG_AGO, NOW - 26 * 60 * MINUTE, 3)
    count(source, NOW - MINUTE, NOW, 3)
    verdict = judge(old)
    assert (verdict.health, verdict.reason, verdict.is_final) == ("unknown", "gap", True)


def test_a_past_that_is_still_being_collected_is_waited_for(source, deploy) -> None:
    old = deploy(26 * 60)
    with write():
        sweeps.fill_in(source, NOW - 7 * DAY, NOW - 2 * MINUTE, NOW)
    verdict = judge(old)
    assert (verdict.health, verdict.reason, verdict.is_final) == ("unknown", "pending", False)
    assert verdict.due_at is not None


def test_nothing_is_final_while_the_past_is_still_being_collected(source, deploy) -> None:
    old = deploy(26 * 60)
    count(source, NOW - 7 * DAY, NOW, 3)
    with write():
        sweeps.fill_in(source, NOW - 28 * DAY, NOW - 7 * DAY, NOW)
    verdict = judge(old)
    assert (verdict.health, verdict.minutes_of_data, verdict.is_final) == ("healthy", 1440, False)
    assert verdict.due_at is not None


def test_a_deploy_replaced_before_its_first_look_waits_for_its_counts(source, deploy) -> None:
    count(source, LONG_AGO, NOW - 3 * MINUTE, 3)
    first = deploy(30)
    deploy(11)
    count(source, LONG_AGO, NOW - 29 * MINUTE, 3)
    assert judge(first, NOW - 28 * MINUTE).is_final is False
    count(source, NOW - 29 * MINUTE, NOW, 300)
    verdict = judge(first)
    assert (verdict.health, verdict.minutes_of_data, verdict.is_final) == ("unhealthy", 18, True)


def test_a_deploy_replaced_by_the_next_one_is_judged_on_its_own_minutes(source, deploy) -> None:
    first = deploy(40)
    deploy(20)  # two minutes after the last look, so these are not judged
    count(source, LONG_AGO, NOW - 20 * MINUTE, 3)
    count(source, NOW - 20 * MINUTE, NOW, 30)
    verdict = judge(first)
    assert (verdict.health, verdict.minutes_of_data, verdict.is_final) == ("healthy", 18, True)


def test_a_deploy_before_the_source_began_is_left_alone(source, deploy) -> None:
    deploy(29 * 24 * 60)
    assert due.due_deploy_ids(NOW) == []


def test_the_picture_shows_unknown_minutes_as_unknown(source, deploy) -> None:
    recent = deploy(10)
    count(source, LONG_AGO, NOW - 2 * MINUTE, 3)
    verdict = judge(recent)
    assert len(verdict.picture) == 121
    assert verdict.assessment["deploy_index"] == 60
    assert verdict.picture[59:69] == [3] * 9 + [None]


def test_a_verdict_links_to_the_trackers_own_view(source, deploy) -> None:
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.attributes = {"web_url": "https://acme.sentry.io", "org_slug": "acme"}
    count(source, LONG_AGO, NOW - 30 * MINUTE, 3)
    verdict = judge(deploy(60))
    url = urlsplit(verdict.assessment["explore_url"])
    begin, end = (datetime.fromisoformat(parse_qs(url.query)[each][0]) for each in ("start", "end"))
    assert url.netloc == "acme.sentry.io"
    assert (end - begin).total_seconds() == verdict.minutes_of_data * 60 == 30 * 60


def test_a_verdict_of_a_tracker_that_is_gone_has_no_link(source, deploy, app) -> None:
    app.extensions["sleuth_trackers"].trackers.clear()
    assert judge(deploy(60)).assessment["explore_url"] == ""


def test_counts_that_change_late_in_a_wide_bucket_make_its_verdicts_due_again(
    source, deploy
) -> None:
    early = deploy(11 * 60 + 50)  # ten minutes past midnight; judged by 6 to 12 o'clock
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.interval_seconds = 21_600
    judge(early)
    with write():
        verdict_of(early).due_at = None
        row = db.session.get_one(ImpactSource, source.id)
        row.changed_since = int((NOW - 6 * 60 * MINUTE).timestamp())
        row.changed_until, row.changed_at = int(NOW.timestamp()), NOW
    with clock.frozen(NOW + 2 * MINUTE):
        revising.follow_changes()
    assert verdict_of(early).due_at == NOW + 2 * MINUTE


def test_a_limit_of_ones_own_decides_and_the_detector_is_still_heard(source, deploy) -> None:
    busy = deploy(60)
    count(source, LONG_AGO, NOW, 3)
    with write():
        db.session.get_one(ImpactSource, source.id).manually_set_health_threshold = 2.0
    verdict = judge(busy)
    assert (verdict.health, verdict.reason) == ("unhealthy", "above_threshold")
    assert verdict.sentence == (
        "3 errors a minute in 60 minutes after the deploy, above your limit of 2 errors a minute. "
        "Without it: Healthy."
    )


def test_a_deleted_source_leaves_the_words_of_its_verdicts(source, deploy) -> None:
    bad = deploy(60)
    count(source, LONG_AGO, NOW - 60 * MINUTE, 2)
    count(source, NOW - 60 * MINUTE, NOW, 9)
    judge(bad)
    delete_impact_source(source)
    verdict = verdict_of(bad)
    assert (verdict.impact_source_id, verdict.source_name) == (None, "Web errors")
    assert (verdict.health, verdict.rate_after) == ("unhealthy", 9.0)


def test_a_pending_verdict_whose_source_went_is_closed(source, deploy, cast) -> None:
    fresh = deploy(0)
    judge(fresh)
    disable_integration(cast.acme.id, "sentry", "Sentry")
    later = NOW + 10 * MINUTE
    assert due.due_deploy_ids(later) == [fresh.id]
    verdict = judge(fresh, later)
    assert (verdict.reason, verdict.due_at, verdict.is_final) == ("no_source", None, True)
    assert explain(verdict.assessment).sentences == (
        "The impact source was removed before there was a verdict.",
    )


def test_a_source_moved_to_another_environment_ends_what_it_had_begun(source, deploy, cast) -> None:
    fresh = deploy(0)
    judge(fresh)
    staging = next(each for each in cast.project.environments if not each.is_default)
    with write():
        db.session.get_one(ImpactSource, source.id).environment_id = staging.id
    verdict = judge(fresh, NOW + 10 * MINUTE)
    assert (verdict.reason, verdict.due_at) == ("no_source", None)


def test_a_deleted_deploy_is_no_longer_judged(source, deploy) -> None:
    gone = deploy(10)
    gone_id = gone.id
    with write():
        db.session.delete(db.session.get_one(Deploy, gone_id))
    service.assess_deploy(gone_id)
    assert db.session.scalars(select(Verdict)).all() == []


@pytest.mark.parametrize(
    ("healths", "worst"),
    [
        (["healthy", "unhealthy", "improved"], "unhealthy"),
        (["unknown", "ailing"], "ailing"),
        (["unknown", "unknown"], "unknown"),
        ([], "unknown"),
        (["improved", "healthy"], "healthy"),
    ],
)
def test_a_deploy_is_as_bad_as_its_worst_source(healths: list[str], worst: str) -> None:
    assert words.overall([Verdict(health=each, reason="") for each in healths]) == (worst, "")


@pytest.mark.parametrize("what", [ImpactSource, Integration])
def test_a_deploy_while_collecting_is_paused_says_so(source: ImpactSource, deploy, what) -> None:
    count(source, LONG_AGO, NOW - 30 * MINUTE, 3)
    row_id = source.id if what is ImpactSource else source.integration_id
    with write():
        db.session.get_one(what, row_id).paused_at = NOW - 30 * MINUTE
    verdict = judge(deploy(20))
    assert (verdict.health, verdict.reason) == ("unknown", "paused")
    assert verdict.sentence == "Collection was paused."
    assert not verdict.is_final


def test_a_long_pause_keeps_nobody_busy_with_old_deploys(source: ImpactSource, deploy) -> None:
    with write():
        db.session.get_one(ImpactSource, source.id).paused_at = NOW - 4 * DAY
    count(source, LONG_AGO, NOW - 4 * DAY, 3)
    verdict = judge(deploy(49 * 60))
    assert (verdict.reason, verdict.is_final, verdict.due_at) == ("paused", True, None)
