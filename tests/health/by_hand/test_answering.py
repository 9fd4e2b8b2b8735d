"""Was this right?"""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from sleuth.accounts.models import Event
from sleuth.extensions import db, write
from sleuth.health.by_hand.models import Answer
from sleuth.health.models import Verdict
from tests.dashboard import seed
from tests.dashboard.conftest import words


def say(post, verdict, answer="yes", health="unhealthy", **more):
    path = f"/deploys/{verdict.deploy.public_id}/verdicts/{verdict.public_id}/answer"
    return post(path, answer=answer, health=health, **more)


def answers():
    db.session.rollback()
    return list(db.session.scalars(select(Answer).order_by(Answer.id)))


def become(verdict, health):
    with write():
        db.session.get_one(Verdict, verdict.id).health = health


def test_an_answer_is_kept_with_the_health_that_it_is_about(post, verdict) -> None:
    assert say(post, verdict).status_code == 200
    [kept] = answers()
    assert (kept.is_right, kept.health, kept.reason) == (True, "unhealthy", "rise")


def test_what_was_answered_is_marked_by_an_icon_and_for_ears(post, verdict) -> None:
    text = say(post, verdict, "no").text
    assert text.count('aria-pressed="true"') == 1
    assert "Withdraw" in text
    assert "said it was right" not in text, "nobody else has said anything"


def test_a_no_may_say_what_it_was_and_why(post, verdict) -> None:
    say(post, verdict, "no", actual="healthy", note="A load test.")
    [kept] = answers()
    assert (kept.actual, kept.note) == ("healthy", "A load test.")


def test_an_answer_can_be_changed_and_there_is_one(post, verdict) -> None:
    say(post, verdict, "no", actual="healthy")
    say(post, verdict, "yes")
    [kept] = answers()
    assert (kept.is_right, kept.actual) == (True, "")


def test_an_answer_can_be_withdrawn(post, verdict) -> None:
    say(post, verdict)
    assert 'aria-pressed="true"' not in say(post, verdict, "withdraw").text
    assert answers() == []


def test_each_person_has_an_answer(post, verdict, read) -> None:
    say(post, verdict)
    say(post, verdict, "no", who="owner")
    assert len(answers()) == 2
    text = words(read(f"/deploys/{verdict.deploy.public_id}"))
    assert "1 said it was right, 1 that it was not." in text


def test_a_revision_does_not_turn_a_yes_into_something_else(post, verdict, read) -> None:
    say(post, verdict)
    become(verdict, "healthy")
    page = read(f"/deploys/{verdict.deploy.public_id}")
    told = "You answered Yes about Unhealthy; since then the verdict became Healthy."
    assert told in words(page)
    assert 'aria-pressed="true"' not in page
    assert answers()[0].health == "unhealthy"


def test_an_answer_about_what_is_not_said_any_more_is_refused(post, verdict) -> None:
    become(verdict, "healthy")
    answer = say(post, verdict)
    assert answer.status_code == 422
    assert "This verdict says Healthy by now." in words(answer.text)
    assert answers() == []


@pytest.mark.parametrize(
    ("health", "offered"),
    [("unhealthy", ["healthy", "better"]), ("improved", ["healthy", "worse"])],
)
def test_nothing_is_worse_than_the_worst_nor_better_than_the_best(
    post, verdict, health, offered
) -> None:
    become(verdict, health)
    choices = re.findall(r'<option value="(\w+)"', say(post, verdict, "no", health=health).text)
    assert choices == offered


@pytest.mark.parametrize("health", ["unknown", ""])
def test_what_says_nothing_cannot_be_answered_about(post, verdict, health) -> None:
    become(verdict, health)
    assert say(post, verdict, health=health).status_code == 422
    assert answers() == []


@pytest.mark.parametrize(
    "form",
    [{"answer": "perhaps"}, {"answer": "no", "actual": "odd"}, {"answer": "no", "note": "x" * 501}],
)
def test_rubbish_is_refused(post, verdict, form) -> None:
    assert say(post, verdict, **form).status_code == 422
    assert answers() == []


def test_without_javascript_one_comes_back_to_the_page(post, verdict) -> None:
    answer = say(post, verdict, htmx=False)
    assert answer.location == f"/o/acme/deploys/{verdict.deploy.public_id}"


def test_the_address_also_answers_as_a_page(verdict, read) -> None:
    page = read(f"/deploys/{verdict.deploy.public_id}/verdicts/{verdict.public_id}/answer")
    assert "Sentry web says Unhealthy" in words(page)


def test_an_observer_reads_what_others_said_and_is_not_asked(post, verdict, sign_in) -> None:
    say(post, verdict)
    assert say(post, verdict, who="observer").status_code == 403
    page = sign_in("observer").get(f"/o/acme/deploys/{verdict.deploy.public_id}").text
    assert "1 said it was right" in page
    assert "Was this right?" not in page


def test_another_organization_has_no_such_verdict(post, verdict) -> None:
    assert say(post, verdict, who="outsider").status_code == 404


def test_a_verdict_is_found_at_its_own_deploy_only(post, verdict, shop) -> None:
    with write():
        other = seed.add_deploy(shop.web)
    path = f"/deploys/{other.public_id}/verdicts/{verdict.public_id}/answer"
    assert post(path, answer="yes", health="unhealthy").status_code == 404


def test_what_says_nothing_is_not_asked_about(verdict, read) -> None:
    become(verdict, "unknown")
    assert "Was this right?" not in read(f"/deploys/{verdict.deploy.public_id}")


def test_the_card_asks_of_alarms_only_the_page_of_everything(verdict, read) -> None:
    path = f"/deploys/{verdict.deploy.public_id}"
    assert "Was this right?" in read(f"{path}/card")
    become(verdict, "healthy")
    assert "Was this right?" not in read(f"{path}/card")
    assert "Was this right?" in read(path)


def test_pages_hear_of_an_answer_and_of_its_withdrawal(post, verdict) -> None:
    for answer in ("yes", "no", "withdraw", "withdraw"):
        say(post, verdict, answer)
    told = db.session.execute(select(Event.name, Event.subject)).all()
    assert told == [("deployChanged", verdict.deploy.public_id)] * 3


def test_answers_go_with_their_deploy(post, verdict) -> None:
    say(post, verdict)
    post(f"/deploys/{verdict.deploy.public_id}/delete")
    assert answers() == []
