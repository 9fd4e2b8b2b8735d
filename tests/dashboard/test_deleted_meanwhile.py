"""What was deleted while somebody looked at it: said once and for good, and asked for no more."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db, write
from sleuth.impact.models import ImpactSource
from sleuth.projects import service as projects
from sleuth.projects.models import Environment
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
}


def ask_by_itself(visitor: FlaskClient, address: str, page: str) -> TestResponse:
    """Ask as a part does that draws itself again, on some page."""
    headers = {
        "HX-Request": "true",
        "HX-Target": "part",
        "HX-Trigger": "part",
        "HX-Current-URL": f"http://localhost{page}?range=7d",
    }
    return visitor.get(address, headers=headers)


@pytest.mark.parametrize(
    ("thing", "way_on"),
    [
        ("deploy", "All deploys"),
        ("code deployment", "All code deployments"),
        ("environment", "Environments of Shop"),
        ("impact source", "Impact of Shop"),
        ("project", "All projects"),
    ],
)
def test_the_page_of_what_was_deleted_says_so_and_has_a_way_on(
    visitor, cast, shop, addresses, thing: str, way_on: str
) -> None:
    if thing == "project":
        projects.delete_project(shop.project.id)
    else:
        with write():
            db.session.execute(delete(ROWS[thing]))
    answer = ask_by_itself(visitor, addresses[thing], addresses[thing])
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (200, "#main")
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    assert f"This {thing} was deleted" in words(main)
    [(address, label)] = re.findall(
        r'<a class="btn[^"]*"\s+href="([^"]*)">.*?</svg>(.*?)</a>', main
    )
    assert label == way_on
    assert visitor.get(address).status_code == 200
    assert "hx-get" not in main


def test_a_card_of_what_was_deleted_goes(visitor, addresses, shop) -> None:
    with write():
        db.session.execute(delete(Deploy))
    answer = ask_by_itself(visitor, f"{addresses['deploy']}/card", "/o/acme/")
    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["HX-Reswap"] == "delete"


@pytest.mark.parametrize("what", ["override", "delete"])
def test_a_dialog_about_what_was_deleted_is_answered_with_a_sentence(
    visitor, addresses, what: str
) -> None:
    with write():
        db.session.execute(delete(Deploy))
    answer = visitor.get(f"{addresses['deploy']}/{what}", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert answer.text == "There is no such deploy here. Somebody may have deleted it."


def test_a_plain_browser_is_told_that_there_is_no_such_page(visitor, addresses) -> None:
    with write():
        db.session.execute(delete(Deploy))
    answer = visitor.get(addresses["deploy"])
    assert answer.status_code == 404
    assert "There is no such deploy here" in words(answer.text)


def test_what_another_organization_has_is_not_there_either(sign_in, cast, addresses) -> None:
    other = addresses["deploy"].replace("/o/acme/", "/o/globex/")
    answer = ask_by_itself(sign_in("outsider"), other, other)
    assert "This deploy was deleted" in answer.text
