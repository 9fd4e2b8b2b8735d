"""What new kinds of errors make of a verdict."""

from __future__ import annotations

from collections.abc import Callable

from sleuth import queue
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.models import UsualNewErrors, Verdict
from sleuth.health.words import new_errors_in_words, overall, sentence
from sleuth.impact.models import ImpactSource
from tests.conftest import NOW
from tests.health.new_errors.conftest import Tracker
from tests.health.story import LONG_AGO, MINUTE, count, course, judge, tick, verdict_of

Register = Callable[[int], Deploy]
Hear = Callable[..., int]


def test_new_kinds_make_an_unknown_health_ailing(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    bad = deploy(22)
    assert judge(bad).reason == "too_few_errors"
    tracker.shows("KeyError", minutes_ago=18)
    tracker.shows("TypeError", minutes_ago=17)
    hear()
    tick(NOW)

    verdict = verdict_of(bad)

    assert (verdict.health, verdict.reason) == ("ailing", "new_errors")
    assert verdict.sentence.startswith("2 new kinds of errors, 14 events, in ")
    assert "after the deploy; a usual " in verdict.sentence
    assert [each[1:] for each in course(bad)] == [("unknown", False), ("ailing", False)]
    assert verdict.revised_at is None
    assert overall([verdict]) == ("ailing", "")


def test_the_figures_are_kept_with_the_verdict(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    bad = deploy(22)
    judge(bad)
    tracker.shows("KeyError", minutes_ago=18)
    tracker.shows("TypeError", minutes_ago=17)
    hear()
    tick(NOW)

    kept = verdict_of(bad).assessment["new_errors"]

    assert (kept["count"], kept["asked_minutes"], kept["decided"]) == (2, 20, True)
    assert kept["asked_until"] == int((NOW - 2 * MINUTE).timestamp())
    assert 0 < kept["probability"] < 0.005
    assert 0 < kept["usual_per_hour"] < 0.1


def test_a_single_event_is_no_verdict(deploy: Register, tracker: Tracker, hear: Hear) -> None:
    bad = deploy(22)
    judge(bad)
    tracker.shows("KeyError", minutes_ago=20, events=1)
    hear()
    tick(NOW)

    assert verdict_of(bad).reason == "too_few_errors"
    assert "1 new kind of errors, 1 event" in verdict_of(bad).sentence


def test_healthy_stays_healthy_and_says_so(
    deploy: Register, tracker: Tracker, hear: Hear, source: ImpactSource
) -> None:
    count(source, LONG_AGO, NOW, 3)
    fine = deploy(22)
    assert judge(fine).health == "healthy"
    tracker.shows("KeyError", minutes_ago=18)
    tracker.shows("TypeError", minutes_ago=17)
    hear()
    tick(NOW)

    verdict = verdict_of(fine)

    assert verdict.health == "healthy"
    assert "2 new kinds of errors, 14 events" in verdict.sentence
    assert verdict.assessment["new_errors"]["decided"] is False


def test_it_is_still_ailing_a_day_later(
    deploy: Register, tracker: Tracker, hear: Hear, source: ImpactSource
) -> None:
    bad = deploy(22)
    judge(bad)
    tracker.shows("KeyError", minutes_ago=18)
    tracker.shows("TypeError", minutes_ago=17)
    hear()
    later = NOW + 1500 * MINUTE
    count(source, NOW, later, 0)
    hear(later)
    tick(later)

    assert (verdict_of(bad).health, verdict_of(bad).is_final) == ("ailing", True)


def test_what_is_new_before_it_is_known_what_is_usual_waits(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    bad = deploy(22)
    judge(bad)
    tracker.shows("KeyError", minutes_ago=18)
    tracker.shows("TypeError", minutes_ago=17)
    hear(with_usual=False)
    tick(NOW)
    assert "new_errors" not in verdict_of(bad).assessment

    hear(NOW + MINUTE)
    tick(NOW + MINUTE)
    assert verdict_of(bad).health == "ailing"


def test_an_application_that_has_just_begun_to_report_is_not_blamed(
    deploy: Register, tracker: Tracker, hear: Hear, source: ImpactSource
) -> None:
    count(source, LONG_AGO - MINUTE, LONG_AGO, 0)
    bad = deploy(22)
    judge(bad)
    tracker.shows("KeyError", minutes_ago=18)
    tracker.shows("TypeError", minutes_ago=17)
    hear()
    tick(NOW)

    assert verdict_of(bad).health == "unknown"


def test_a_second_answer_with_nothing_else_judges_nothing_again(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    bad = deploy(22)
    judge(bad)
    hear()
    tick(NOW)
    before = verdict_of(bad).assessed_at
    hear(NOW + 45 * MINUTE, with_usual=False)
    db.session.rollback()

    assert verdict_of(bad).assessed_at == before


def figures(**more: object) -> dict[str, object]:
    told = {"count": 2, "events": 14, "asked_minutes": 18, "decided": True}
    told |= {"within": {"count": 2, "events": 14, "minutes": 18}, "usual_per_hour": 0.1}
    return told | more


def test_the_sentence_is_plain() -> None:
    assert new_errors_in_words(figures()) == (
        "2 new kinds of errors, 14 events, in 18 minutes after the deploy; a usual hour brings 0.1."
    )


def test_what_is_rare_is_told_by_the_day_or_the_week() -> None:
    assert new_errors_in_words(figures(usual_per_hour=0.009)).endswith("a usual day brings 0.2.")
    assert new_errors_in_words(figures(usual_per_hour=0.002)).endswith("a usual week brings 0.3.")


def test_old_verdicts_know_of_no_new_errors() -> None:
    assert sentence({"health": "unknown", "reason": "gap"}).startswith("Counts around")


def test_what_becomes_usual_later_changes_no_verdict(
    deploy: Register, tracker: Tracker, hear: Hear, source: ImpactSource
) -> None:
    bad = deploy(22)
    judge(bad)
    tracker.shows("KeyError", minutes_ago=18)
    tracker.shows("TypeError", minutes_ago=17)
    hear()
    tick(NOW)
    assert verdict_of(bad).health == "ailing"

    verdict_id = verdict_of(bad).id
    with write():
        found = db.session.get_one(UsualNewErrors, source.id)
        found.kinds, found.hours = 400, 160.0
        db.session.get_one(Verdict, verdict_id).due_at = NOW
    tick(NOW + MINUTE)

    assert verdict_of(bad).health == "ailing"
    assert verdict_of(bad).assessment["new_errors"]["usual_per_hour"] < 0.1


def test_asking_never_stands_before_what_somebody_waits_for() -> None:
    for job in ("ask_new_errors", "ask_usual_new_errors"):
        assert queue.queue_of(f"sleuth.health.jobs.{job}") == queue.SLOW_QUEUE
