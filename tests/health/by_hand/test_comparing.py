"""The page that holds what is stated against what people answered and placebo deploys gave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sleuth.extensions import db, write
from sleuth.health.by_hand.models import Answer
from sleuth.health.placebo.models import Placebo
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Project
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words


@pytest.fixture
def watched(shop, sentry) -> ImpactSource:
    """An impact source of the shop's."""
    with write():
        return seed.add_source(sentry, shop.production)


@pytest.fixture
def answered(shop, watched, cast):
    """Add a verdict with somebody's answer about it."""

    def add(health="unhealthy", *, is_right=False, actual="", at=NOW, **more) -> Answer:
        with write():
            deploy = seed.add_deploy(shop.web, deployed_at=at)
            verdict = seed.add_verdict(deploy, watched, health)
            plain = {"user_id": cast.owner.id, "reason": verdict.reason, "sensitivity": "normal"}
            answer = Answer(
                verdict_id=verdict.id,
                is_right=is_right,
                actual=actual,
                health=health,
                **plain | {"answered_at": NOW} | more,
            )
            db.session.add(answer)
        return answer

    return add


def placebo(source, flagged, tried, month="2026-03", sensitivity="normal") -> None:
    with write():
        db.session.add(
            Placebo(
                impact_source_id=source.id,
                month=month,
                sensitivity=sensitivity,
                flagged=flagged,
                tried=tried,
            )
        )


def months(page: str) -> list[str]:
    """Return what is said of each month, in words."""
    parts = page.split('class="card right-month"')[1:]
    return [words(part.split(">", 1)[1].split("</section>")[0]) for part in parts]


def test_a_month_is_told_in_words_first(read, watched, answered) -> None:
    placebo(watched, 4, 100)
    for number in range(20):
        answered(is_right=number >= 3)
    [march] = months(read("/verdicts"))
    assert march.startswith("March 2026 so far · Normal Stated: about 6 in 100. ")
    assert "Placebo: 4 in 100 (2 to 10)." in march
    assert "Answers: 3 of 20 alarms were called wrong." in march
    assert "What is stated lies within what placebo deploys gave." in march


def test_under_ten_are_too_few_to_tell(read, watched, answered) -> None:
    placebo(watched, 1, 9)
    answered()
    [march] = months(read("/verdicts"))
    assert "Placebo: 1 of 9 flagged, too few to tell (under 10)." in march
    assert "Answers: 1 of 1 alarm was called wrong, too few to tell (under 10)." in march
    assert "than stated" not in march


@pytest.mark.parametrize(
    ("flagged", "told"), [(30, "More false alarms than stated."), (0, "Fewer false alarms")]
)
def test_where_placebos_give_another_rate_that_is_said(read, watched, flagged, told) -> None:
    placebo(watched, flagged, 100)
    assert told in months(read("/verdicts"))[0]


def test_a_healthy_that_was_worse_is_missed_and_no_false_alarm(read, answered) -> None:
    answered("healthy", actual="worse")
    answered("healthy", is_right=True)
    [march] = months(read("/verdicts"))
    assert "Answers: none about alarms." in march
    assert "Missed: 1 of 2 calm verdicts was called too good" in march


def test_an_alarm_that_was_even_worse_is_not_false(read, answered) -> None:
    answered("ailing", actual="worse")
    assert "0 of 1 alarm was called wrong" in months(read("/verdicts"))[0]


def test_of_several_answers_about_a_verdict_the_newest_counts(read, answered, cast) -> None:
    first = answered(is_right=False)
    with write():
        db.session.add(
            Answer(
                verdict_id=first.verdict_id,
                user_id=cast.developer.id,
                is_right=True,
                health="unhealthy",
                reason="rise",
                sensitivity="normal",
                answered_at=NOW + timedelta(minutes=1),
            )
        )
    assert "0 of 1 alarm was called wrong" in months(read("/verdicts"))[0]


def test_answers_about_a_limit_of_ones_own_are_left_out(read, answered) -> None:
    answered(reason="above_threshold")
    assert "Answers: none about alarms." in months(read("/verdicts"))[0]


def test_an_answer_belongs_to_the_month_of_its_deploy_in_utc(read, answered) -> None:
    answered(at=datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC))
    answered(at=datetime(2026, 3, 1, tzinfo=UTC))
    march, february = months(read("/verdicts"))
    assert "1 of 1 alarm" in march
    assert february.startswith("February 2026 · Normal")
    assert "1 of 1 alarm" in february


def test_each_sensitivity_is_told_on_its_own(read, watched) -> None:
    placebo(watched, 1, 50)
    placebo(watched, 9, 50, sensitivity="fine")
    fine, normal = months(read("/verdicts"))
    assert "Stated: about 13 in 100. Placebo: 18 in 100" in fine
    assert "Stated: about 6 in 100. Placebo: 2 in 100" in normal


def test_what_is_older_than_a_year_is_not_shown(read, watched) -> None:
    placebo(watched, 1, 50, month="2025-03")
    placebo(watched, 1, 50, month="2025-04")
    assert [each.split(" · ")[0] for each in months(read("/verdicts"))] == [
        "March 2026 so far",
        "April 2025",
    ]


def test_several_months_are_drawn_and_listed(read, watched) -> None:
    placebo(watched, 4, 100)
    placebo(watched, 8, 100, month="2026-02")
    page = read("/verdicts")
    assert page.count('class="right-dot"') == 2
    assert "February 8 in 100 (4 to 15), March 4 in 100 (2 to 10); stated 6 in 100" in page


def test_it_can_be_narrowed_to_a_project(read, watched, answered, shop) -> None:
    answered()
    placebo(watched, 4, 100)
    with write():
        other = Project(
            organization_id=shop.project.organization_id, slug="b", name="B", created_at=NOW
        )
        db.session.add(other)
    [of_shop] = months(read("/verdicts", project="shop"))
    assert "4 in 100" in of_shop
    assert months(read("/verdicts", project="b")) == []


def test_it_draws_itself_again_when_something_is_connected_added_or_deleted(read, cast) -> None:
    part = read("/verdicts", project="shop").partition('id="verdicts"')[2].partition(">")[0]
    for event in ("integrationChanged", "impactSourceChanged", "projectChanged"):
        assert f"{event} from:body" in part
    assert 'hx-get="/o/acme/verdicts?project=shop"' in part


def test_narrowed_to_a_project_that_is_deleted_meanwhile_it_leads_on(visitor, cast) -> None:
    headers = {
        "HX-Request": "true",
        "HX-Target": "verdicts",
        "HX-Trigger": "verdicts",
        "HX-Current-URL": "http://localhost/o/acme/verdicts?project=reactor",
    }
    answer = visitor.get("/o/acme/verdicts?project=reactor", headers=headers)
    assert answer.status_code == 200
    assert "This project was deleted" in answer.text
    assert "Verdicts of all projects" in answer.text


def test_a_project_that_is_not_there_is_not_found(visitor, cast) -> None:
    assert visitor.get("/o/acme/verdicts?project=reactor").status_code == 404


def test_another_organizations_figures_are_not_among_ours(sign_in, watched, answered) -> None:
    answered()
    placebo(watched, 4, 100)
    page = sign_in("outsider").get("/o/globex/verdicts").text
    assert months(page) == []
    assert "Nothing to compare yet" in page


def test_an_observer_may_read_it(sign_in, cast) -> None:
    assert sign_in("observer").get("/o/acme/verdicts").status_code == 200


def test_it_takes_the_same_statements_for_many_answers_as_for_one(
    read, watched, answered, counting
) -> None:
    answered()
    placebo(watched, 4, 100)
    with counting() as few:
        read("/verdicts")
    for number in range(10):
        answered(at=NOW - timedelta(days=30 * number))
    with counting() as many:
        read("/verdicts")
    assert len(many) == len(few)


def test_it_says_that_the_numbers_are_different_things(read, cast) -> None:
    assert "This is a share of alarms, not of deploys" in words(read("/verdicts"))
