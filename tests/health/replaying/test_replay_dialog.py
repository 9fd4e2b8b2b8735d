"""What people see of a replay, and who may decide about it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from sleuth import clock
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.replaying import service
from sleuth.health.replaying.models import Replay, ReplayFinding, ReplayState
from sleuth.impact.models import ImpactSource
from tests.conftest import NOW, Cast
from tests.dashboard.conftest import words
from tests.health.replaying.conftest import run
from tests.health.replaying.test_replaying import of_sensitivity, of_threshold, offered
from tests.health.story import DAY, MINUTE, count, tick

HTMX = {"HX-Request": "true"}
SHOP = "/o/acme/projects/shop"
CHOSEN = {"sensitivity": "coarse", "failure_boundary": "unhealthy", "failure_minutes": "7"}
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def developer(sign_in: SignIn) -> FlaskClient:
    return sign_in("developer")


@pytest.fixture
def deploys(source: ImpactSource, deploy) -> list[Deploy]:
    """A calm deploy and a bad one, judged."""
    count(source, NOW - 5 * DAY, NOW, 3)
    made = [deploy(2880), deploy(1440 + 60)]
    count(source, made[1].deployed_at, made[1].deployed_at + 90 * MINUTE, 30)
    tick(NOW)
    return made


def the_replay() -> Replay:
    db.session.rollback()
    return db.session.scalars(select(Replay)).one()


def url_of(replay: Replay) -> str:
    return f"/o/acme/replays/{replay.public_id}"


def sensitivity(cast: Cast) -> str:
    db.session.rollback()
    return cast.project.sensitivity


def decide(browser: FlaskClient, choice: str, headers=HTMX):
    return browser.post(url_of(the_replay()), data={"choice": choice}, headers=headers)


def test_another_sensitivity_is_looked_at_before_it_is_saved(
    cast: Cast, developer: FlaskClient, deploys: list[Deploy], queued_jobs
) -> None:
    answer = developer.post(f"{SHOP}/judging", data=CHOSEN, headers=HTMX)
    assert "Judging the deploys of the last 30 days" in words(answer.text)
    assert "every 1s" in answer.text
    assert (sensitivity(cast), len(queued_jobs)) == ("normal", 1)


def test_another_boundary_alone_is_saved_at_once(
    cast: Cast, developer: FlaskClient, deploys: list[Deploy]
) -> None:
    chosen = CHOSEN | {"sensitivity": "normal", "failure_minutes": "9"}
    answer = developer.post(f"{SHOP}/judging", data=chosen, headers=HTMX)
    assert "projectChanged" in answer.headers["HX-Trigger"]
    assert db.session.scalars(select(Replay)).all() == []


def test_minutes_out_of_bounds_are_refused_before_anything_is_looked_at(
    developer: FlaskClient, deploys: list[Deploy]
) -> None:
    answer = developer.post(f"{SHOP}/judging", data=CHOSEN | {"failure_minutes": "0"}, headers=HTMX)
    assert answer.status_code == 422
    assert db.session.scalars(select(Replay)).all() == []


def test_how_far_it_is_is_shown(cast: Cast, developer: FlaskClient, deploys: list[Deploy]) -> None:
    replay = of_sensitivity(cast, "coarse")
    with write():
        row = db.session.get_one(Replay, replay.id)
        row.state, row.total, row.done, row.judged_at = ReplayState.RUNNING, 41, 7, NOW
    page = developer.get(url_of(the_replay()), headers=HTMX).text
    assert re.search(r'<progress[^>]*max="41"[^>]*value="7"', page)
    assert "7 of 41 deploys" in words(page)


def test_it_asks_less_often_and_says_so_where_no_worker_takes_it_up(
    cast: Cast, developer: FlaskClient, deploys: list[Deploy]
) -> None:
    of_sensitivity(cast, "coarse")
    with clock.frozen(NOW + timedelta(seconds=21)):
        page = developer.get(url_of(the_replay()), headers=HTMX).text
    assert "every 3s" in page
    assert "No worker has taken this up yet" in words(page)


def test_the_preview_says_how_many_and_lists_each_with_the_changed_ones_first(
    cast: Cast, source: ImpactSource, developer: FlaskClient, deploys: list[Deploy]
) -> None:
    run(of_threshold(cast, source, 100.0))
    page = developer.get(url_of(the_replay()), headers=HTMX).text
    told = words(page)
    assert "With a limit of 100 errors a minute instead of no limit for Web errors:" in told
    assert "Of 2 deploys: 2 healthy." in told
    assert "Compared with now: " in told
    for each in deploys:
        assert f'href="/o/acme/deploys/{each.public_id}"' in page
    assert told.index("changes") < told.index("as now")
    assert "Apply, and judge these again" in told
    assert "Apply to new deploys only" in told


def test_without_javascript_it_goes_by_pages(
    cast: Cast, developer: FlaskClient, deploys: list[Deploy]
) -> None:
    begun = developer.post(f"{SHOP}/judging", data=CHOSEN)
    assert (begun.status_code, begun.location) == (303, url_of(the_replay()))
    waiting = developer.get(begun.location).text
    assert '<meta http-equiv="refresh" content="2">' in waiting
    run(the_replay())
    shown = developer.get(begun.location).text
    assert 'http-equiv="refresh"' not in shown
    assert "Of 2 deploys:" in words(shown)
    applied = decide(developer, "again", headers={})
    assert (applied.status_code, applied.location) == (303, SHOP)
    assert sensitivity(cast) == "coarse"
    assert "2 deploys are being judged again." in words(developer.get(applied.location).text)


@pytest.mark.parametrize("choice", ["again", "new"])
def test_applying_closes_the_dialog_and_draws_the_project_afresh(
    cast: Cast, developer: FlaskClient, deploys: list[Deploy], choice: str
) -> None:
    run(of_sensitivity(cast, "coarse"))
    answer = decide(developer, choice)
    assert "projectChanged" in answer.headers["HX-Trigger"]
    assert "dialogClose" in answer.headers["HX-Trigger"]
    assert sensitivity(cast) == "coarse"


def test_cancelling_leaves_everything_as_it_is_even_while_it_runs(
    cast: Cast, developer: FlaskClient, deploys: list[Deploy]
) -> None:
    of_sensitivity(cast, "coarse")
    assert decide(developer, "cancel").status_code == 200
    assert run(the_replay()).state == ReplayState.DISMISSED
    assert sensitivity(cast) == "normal"
    assert db.session.scalars(select(ReplayFinding)).all() == []


def test_who_comes_second_is_told(
    cast: Cast, developer: FlaskClient, sign_in: SignIn, deploys: list[Deploy]
) -> None:
    run(of_sensitivity(cast, "coarse"))
    decide(sign_in("owner"), "again")
    answer = decide(developer, "again")
    assert answer.status_code == 422
    assert f"{cast.owner.name} has applied this." in words(answer.text)


def test_what_has_changed_since_is_said_and_looked_at_again(
    cast: Cast, developer: FlaskClient, deploys: list[Deploy], deploy
) -> None:
    run(of_sensitivity(cast, "coarse"))
    deploy(2000)
    answer = decide(developer, "again")
    assert "Deploys or counts have changed since" in html.unescape(answer.text)
    assert sensitivity(cast) == "normal"
    run(the_replay())
    assert "Of 3 deploys:" in words(developer.get(url_of(the_replay()), headers=HTMX).text)


@pytest.mark.parametrize("choice", ["", "everything", "AGAIN"])
def test_rubbish_decides_nothing(
    cast: Cast, developer: FlaskClient, deploys: list[Deploy], choice: str
) -> None:
    run(of_sensitivity(cast, "coarse"))
    assert decide(developer, choice).status_code == 422
    assert (sensitivity(cast), the_replay().state) == ("normal", ReplayState.DONE)


def test_another_organization_finds_nothing(
    cast: Cast, sign_in: SignIn, developer: FlaskClient, deploys: list[Deploy]
) -> None:
    path = url_of(run(of_sensitivity(cast, "coarse")))
    outsider = sign_in("outsider")
    assert outsider.get(path.replace("acme", cast.globex.slug)).status_code == 404
    assert outsider.post(path, data={"choice": "again"}).status_code == 404
    assert developer.get("/o/acme/replays/nothing").status_code == 404


def test_an_observer_decides_nothing(cast: Cast, sign_in: SignIn, deploys: list[Deploy]) -> None:
    run(of_sensitivity(cast, "coarse"))
    assert decide(sign_in("observer"), "again").status_code == 403


def test_the_page_of_a_deploy_says_who_had_it_judged_again(
    cast: Cast, developer: FlaskClient, deploys: list[Deploy]
) -> None:
    run(of_sensitivity(cast, "coarse"))
    decide(developer, "again")
    tick(NOW)
    page = words(developer.get(f"/o/acme/deploys/{deploys[1].public_id}").text)
    assert f"judged again by {cast.developer.name}" in page


def test_an_added_source_offers_to_judge_the_past(
    cast: Cast, developer: FlaskClient, sign_in: SignIn, source: ImpactSource, added
) -> None:
    replay = offered()
    for path in (f"{SHOP}/impact", f"{SHOP}/impact/{source.public_id}"):
        assert "30 days looked at. Of 4 deploys:" in words(developer.get(path).text)
        assert url_of(replay) in developer.get(path).text
        assert url_of(replay) not in sign_in("observer").get(path).text
    asked = words(developer.get(url_of(replay), headers=HTMX).text)
    assert "Judge these deploys" in asked
    answer = decide(developer, "again")
    assert "4 deploys are being judged again." not in answer.headers["HX-Trigger"]
    assert "4 deploys are being judged." in answer.headers["HX-Trigger"]
    assert "30 days looked at" not in developer.get(f"{SHOP}/impact").text


def test_no_is_remembered(cast: Cast, developer: FlaskClient, added) -> None:
    offered()
    decide(developer, "cancel")
    assert "30 days looked at" not in developer.get(f"{SHOP}/impact").text
    assert service.offers_of(cast.project.id) == {}


def rows(page: str) -> list[str]:
    """Return what the list says of each deploy."""
    return [words(each) for each in re.findall(r"<li class=.*?</li>", page, re.DOTALL)]


def test_each_deploy_of_the_list_says_why(
    cast: Cast, developer: FlaskClient, deploys: list[Deploy]
) -> None:
    run(of_sensitivity(cast, "coarse"))
    told = rows(developer.get(url_of(the_replay()), headers=HTMX).text)
    assert len(told) == 2
    assert all(re.search(r"errors in .*, against .* expected", each) for each in told)


def test_a_deploy_that_is_not_recorded_yet_is_called_so_once(
    cast: Cast, developer: FlaskClient, deploys: list[Deploy], deploy
) -> None:
    made = deploy(0)
    tick(NOW)
    run(of_sensitivity(cast, "coarse"))
    told = rows(developer.get(url_of(the_replay()), headers=HTMX).text)
    [row] = [each for each in told if made.short_revision in each and "recorded" in each]
    assert row.lower().count("not recorded yet") == 1
    assert "It is judged as soon as there are counts." in row
