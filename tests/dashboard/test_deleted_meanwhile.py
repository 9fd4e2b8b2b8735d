"""What was deleted while somebody looked at it: said once and for good, and asked for no more."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db, write
from sleuth.health.by_hand import overriding
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Environment, Project
from tests.dashboard import seed
from tests.dashboard.conftest import words


@pytest.fixture
def addresses(shop, sentry) -> dict[str, str]:
    """Where each thing has its page."""
    with write():
        deploy = seed.add_deploy(shop.web)
        source = seed.add_source(sentry, shop.production)
    return {
        "deploy": f"/o/acme/deploys/{deploy.public_id}",
        "code deployment": "/o/acme/deployments/web-shop",
        "environment": "/o/acme/projects/shop/environments/staging",
        "impact source": f"/o/acme/projects/shop/impact/{source.public_id}",
        "project": "/o/acme/projects/shop",
    }


ROWS = {
    "deploy": Deploy,
    "code deployment": CodeDeployment,
    "environment": Environment,
    "impact source": ImpactSource,
    "project": Project,
}
TAG = re.compile(r"<\w[^>]*\bhx-trigger=\"[^\"]*Changed[^>]*>")


def asked_by(page: str) -> list[str]:
    """Return what the parts of a page ask for that draw themselves again."""
    main = page.partition("<main")[2]
    found = (re.search(r'hx-get="([^"]+)"', tag) for tag in TAG.findall(main))
    return [html.unescape(each[1]) for each in found if each]


def ask_by_itself(visitor: FlaskClient, address: str, page: str, **more: Any) -> TestResponse:
    """Ask as a part does that draws itself again, on some page."""
    headers = {
        "HX-Request": "true",
        "HX-Target": "part",
        "HX-Trigger": "part",
        "HX-Current-URL": f"http://localhost{page}?range=7d",
    }
    return visitor.get(address, headers=headers, **more)


def forget(thing: str) -> None:
    with write():
        db.session.execute(delete(ROWS[thing]))


@pytest.mark.parametrize(
    ("thing", "below", "way_on"),
    [
        ("deploy", "", "All deploys"),
        ("code deployment", "", "All code deployments"),
        ("environment", "", "Environments of Shop"),
        ("impact source", "", "Impact of Shop"),
        ("project", "", "All projects"),
        ("project", "/impact", "All projects"),
        ("project", "/code-deployments", "All projects"),
        ("project", "/environments", "All projects"),
    ],
)
def test_the_page_of_what_was_deleted_says_so_and_has_a_way_on(
    visitor, addresses, thing: str, below: str, way_on: str
) -> None:
    page = addresses[thing] + below
    parts = asked_by(visitor.get(page).text)
    forget(thing)
    answers = [ask_by_itself(visitor, each, page) for each in parts]
    assert {each.status_code for each in answers} == {200}
    assert {each.headers["HX-Retarget"] for each in answers} == {"#main"}
    main = answers[0].text.partition("<main")[2].partition("</main>")[0]
    assert f"This {thing} was deleted" in words(main)
    [(address, label)] = re.findall(
        r'<a class="btn[^"]*"[^>]*href="([^"]*)">.*?</svg>(.*?)</a>', main
    )
    assert label == way_on
    assert visitor.get(address).status_code == 200
    assert "hx-get" not in main


@pytest.mark.parametrize("thing", ["deploy", "impact source"])
def test_a_page_hears_that_its_project_goes(visitor, addresses, thing: str) -> None:
    part = TAG.findall(visitor.get(addresses[thing]).text.partition("<main")[2])[0]
    assert "projectChanged from:body" in part


def test_behind_a_prefix_its_page_says_so_too(visitor, addresses) -> None:
    forget("deploy")
    page = addresses["deploy"]
    answer = ask_by_itself(
        visitor, page, f"/sleuth{page}", environ_overrides={"SCRIPT_NAME": "/sleuth"}
    )
    assert "This deploy was deleted" in answer.text


def test_what_waits_to_be_said_waits_for_a_page_that_somebody_opens(visitor, addresses) -> None:
    forget("deploy")
    with visitor.session_transaction() as session:
        session["_flashes"] = [("success", "The deploy is deleted.")]
    assert (
        "The deploy is deleted."
        not in ask_by_itself(visitor, addresses["deploy"], addresses["deploy"]).text
    )
    assert "The deploy is deleted." in visitor.get("/o/acme/code-deployments").text


def test_a_dashboard_of_a_deleted_project_says_that_there_is_none(read, addresses) -> None:
    forget("project")
    text = words(read("/", project="shop"))
    assert "There is no such project It may have been deleted, and its deploys with it." in text


def test_a_dashboard_whose_project_is_deleted_meanwhile_bears_its_name_no_more(
    visitor, addresses
) -> None:
    page = "/o/acme/?project=shop"
    assert words(visitor.get(page).text.partition("<h1")[2].partition("</h1>")[0]).endswith("Shop")
    forget("project")
    board = ask_by_itself(visitor, page, page).text
    assert "<title>Dashboard · Sleuth</title>" in board
    assert '<span id="page-name" hx-swap-oob="true">Dashboard</span>' in board


def test_a_card_of_what_was_deleted_goes(visitor, addresses, shop) -> None:
    forget("deploy")
    answer = ask_by_itself(visitor, f"{addresses['deploy']}/card", "/o/acme/")
    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["HX-Reswap"] == "delete"


@pytest.mark.parametrize("what", ["override", "delete"])
def test_a_dialog_about_what_was_deleted_is_answered_with_a_sentence(
    visitor, addresses, what: str
) -> None:
    forget("deploy")
    headers = {
        "HX-Request": "true",
        "HX-Target": "dialog-body",
        "HX-Trigger": "opener",
        "HX-Current-URL": f"http://localhost{addresses['deploy']}",
    }
    answer = visitor.get(f"{addresses['deploy']}/{what}", headers=headers)
    assert answer.status_code == 404
    assert answer.text == "There is no such deploy here. Somebody may have deleted it."


def test_a_choice_in_a_dialog_about_what_was_deleted_stays_and_is_answered_with_a_sentence(
    visitor, addresses
) -> None:
    forget("project")
    headers = {"HX-Request": "true", "HX-Target": "field", "HX-Trigger": "field"}
    url = f"{addresses['project']}/impact/choices/sentry/environment?steers=1"
    answer = visitor.post(url, headers=headers)
    assert answer.status_code == 404
    assert answer.text == "There is no such project here. Somebody may have deleted it."


def test_a_page_that_calls_itself_nonsense_is_none(visitor, addresses) -> None:
    forget("deploy")
    answer = visitor.get(
        addresses["deploy"],
        headers={
            "HX-Request": "true",
            "HX-Target": "part",
            "HX-Trigger": "part",
            "HX-Current-URL": "http://[x/",
        },
    )
    assert answer.headers["HX-Reswap"] == "delete"


def test_a_health_that_was_set_is_answered_though_the_deploy_is_deleted_at_once(
    visitor, addresses, monkeypatch
) -> None:
    set_override = overriding.set_override

    def and_deleted(*said: Any) -> None:
        set_override(*said)
        forget("deploy")

    monkeypatch.setattr(overriding, "set_override", and_deleted)
    form = {"health": "healthy", "reason": "A load test.", "seen": ""}
    answer = visitor.post(
        f"{addresses['deploy']}/override", data=form, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200


def test_a_plain_browser_is_told_that_there_is_no_such_page(visitor, addresses) -> None:
    forget("deploy")
    answer = visitor.get(addresses["deploy"])
    assert answer.status_code == 404
    assert "There is no such deploy here" in words(answer.text)


def test_what_another_organization_has_is_not_there_either(sign_in, cast, addresses) -> None:
    other = addresses["deploy"].replace("/o/acme/", "/o/globex/")
    answer = ask_by_itself(sign_in("outsider"), other, other)
    assert "This deploy was deleted" in answer.text
