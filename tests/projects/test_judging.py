"""How a project's deploys are judged: who decides it, and what is written beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from sleuth.accounts.models import AuditEntry, Event
from sleuth.accounts.rules import RuleError
from sleuth.extensions import db
from sleuth.health.sensitivity import MEASURED
from sleuth.projects.judging import Judging, change_judging
from sleuth.projects.models import SENSITIVITIES
from tests.conftest import Cast

HTMX = {"HX-Request": "true"}
SHOP = "/o/acme/projects/shop"
DIALOG = f"{SHOP}/judging"
DEFAULT = {"sensitivity": "normal", "failure_boundary": "unhealthy", "failure_minutes": "7"}
WRONG_MINUTES = "Enter a whole number of minutes from 1 to 1\u202f440."
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def developer(sign_in: SignIn) -> FlaskClient:
    return sign_in("developer")


def decided(cast: Cast) -> tuple[str, str, int]:
    db.session.rollback()
    project = cast.project
    return project.sensitivity, project.failure_boundary, project.failure_minutes


def notes() -> list[dict[str, object]]:
    db.session.rollback()
    of_judging = AuditEntry.action == "project.judging_changed"
    return [each.detail for each in db.session.scalars(select(AuditEntry).where(of_judging))]


def test_a_project_begins_with_the_usual(cast: Cast) -> None:
    assert decided(cast) == ("normal", "unhealthy", 7)


def test_the_overview_says_how_deploys_are_judged(sign_in: SignIn) -> None:
    page = sign_in("observer").get(SHOP).text
    assert "Health sensitivity" in page
    assert MEASURED["normal"].in_words in page
    assert "A deploy is failing while it is Unhealthy." in page
    assert "7 minutes" in page


def test_only_who_may_change_projects_sees_the_button(sign_in: SignIn) -> None:
    assert DIALOG in sign_in("developer").get(SHOP).text
    assert DIALOG not in sign_in("observer").get(SHOP).text


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 303), ("administrator", 303), ("developer", 303), ("observer", 403)],
)
def test_who_may_look_only_decides_nothing(
    sign_in: SignIn, cast: Cast, who: str, status: int
) -> None:
    answer = sign_in(who).post(DIALOG, data=DEFAULT | {"sensitivity": "fine"})
    assert answer.status_code == status
    assert (decided(cast)[0] == "fine") == (status == 303)


def test_the_dialog_shows_what_holds_and_what_each_choice_means(developer: FlaskClient) -> None:
    dialog = developer.get(DIALOG, headers=HTMX).text
    for each in MEASURED.values():
        assert each.in_words in dialog
    assert dialog.count("checked") == 2
    assert 'value="7"' in dialog
    assert "Before another one holds you see" in dialog


def test_it_is_changed_in_a_dialog(developer: FlaskClient, cast: Cast) -> None:
    form = {"sensitivity": "coarse", "failure_boundary": "ailing", "failure_minutes": "30"}
    answer = developer.post(DIALOG, data=form, headers=HTMX)
    assert answer.text == ""
    assert "projectChanged" in answer.headers["HX-Trigger"]
    assert decided(cast) == ("coarse", "ailing", 30)
    assert "A deploy is failing while it is Ailing or Unhealthy." in developer.get(SHOP).text


def test_it_is_changed_without_javascript(developer: FlaskClient, cast: Cast) -> None:
    answer = developer.post(DIALOG, data=DEFAULT | {"failure_minutes": " 1440 "})
    assert (answer.status_code, answer.location) == (303, SHOP)
    assert "Deploys are judged so from now on." in developer.get(answer.location).text
    assert decided(cast) == ("normal", "unhealthy", 1440)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"sensitivity": "ruthless"}, "Choose a sensitivity."),
        ({"sensitivity": ""}, "Choose a sensitivity."),
        ({"failure_boundary": "healthy"}, "Choose from which health on a deploy fails."),
        ({"failure_boundary": "\U0001f4a9"}, "Choose from which health on a deploy fails."),
        ({"failure_minutes": ""}, WRONG_MINUTES),
        ({"failure_minutes": "0"}, WRONG_MINUTES),
        ({"failure_minutes": "-7"}, WRONG_MINUTES),
        ({"failure_minutes": "1441"}, WRONG_MINUTES),
        ({"failure_minutes": "7.5"}, WRONG_MINUTES),
        ({"failure_minutes": "seven"}, WRONG_MINUTES),
        ({"failure_minutes": "9" * 5000}, WRONG_MINUTES),
    ],
)
def test_rubbish_is_answered_beside_the_field(
    developer: FlaskClient, cast: Cast, wrong: dict[str, str], sentence: str
) -> None:
    for headers in ({}, HTMX):
        answer = developer.post(DIALOG, data=DEFAULT | wrong, headers=headers)
        assert answer.status_code == 422
        [field] = wrong
        beside = answer.text.partition(f'{field}-error"')[2].partition("</div>")[0]
        assert sentence in beside
        assert answer.text.count('class="field-error"') == 1
    assert decided(cast) == ("normal", "unhealthy", 7)
    assert notes() == []


def test_what_a_form_does_not_choose_stays(developer: FlaskClient, cast: Cast) -> None:
    change_judging(cast.project.id, Judging("fine", "ailing", 7))
    assert developer.post(DIALOG, data={"failure_minutes": "9"}).status_code == 303
    assert decided(cast) == ("fine", "ailing", 9)
    assert developer.post(DIALOG, data={}).status_code == 422


def test_a_change_is_noted_with_what_was_before(cast: Cast) -> None:
    change_judging(cast.project.id, Judging("fine", "unhealthy", 12))
    assert notes() == [
        {
            "sensitivity": "fine",
            "sensitivity_before": "normal",
            "failure_minutes": 12,
            "failure_minutes_before": 7,
        }
    ]


def test_the_log_shows_both(sign_in: SignIn, cast: Cast) -> None:
    change_judging(cast.project.id, Judging("fine", "unhealthy", 7))
    page = sign_in("administrator").get("/o/acme/settings/audit-log").text
    assert "changed how deploys of" in page
    assert "Sensitivity: fine" in page
    assert "Sensitivity before: normal" in page


def test_what_changes_nothing_is_not_noted(cast: Cast) -> None:
    change_judging(cast.project.id, Judging("normal", "unhealthy", 7))
    assert notes() == []
    assert db.session.scalars(select(Event)).all() == []


def test_a_project_of_another_organization_is_not_found(developer: FlaskClient) -> None:
    url = "/o/acme/projects/reactor/judging"
    assert developer.get(url).status_code == 404
    assert developer.post(url, data=DEFAULT).status_code == 404
    assert developer.get("/o/globex/projects/reactor/judging").status_code == 404


def test_a_project_that_went_meanwhile_cannot_be_changed(cast: Cast) -> None:
    with pytest.raises(NoResultFound):
        change_judging(999_999, Judging("fine", "unhealthy", 7))


@pytest.mark.parametrize("minutes", [0, 1441])
def test_minutes_out_of_bounds_are_refused(cast: Cast, minutes: int) -> None:
    with pytest.raises(RuleError, match="from 1 to 1\u202f440"):
        change_judging(cast.project.id, Judging("fine", "unhealthy", minutes))


def test_every_sensitivity_was_measured() -> None:
    assert tuple(MEASURED) == SENSITIVITIES
