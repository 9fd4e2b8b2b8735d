"""Deploys in JSON: what is told, which are chosen, and how one goes on to the next page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from sleuth.accounts.models import TokenType
from sleuth.accounts.tokens import create_token
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from tests.api.conftest import CHANGE, Get, World
from tests.conftest import NOW, Cast
from tests.dashboard import seed
from tests.dashboard.conftest import counting

__all__ = ["counting"]


@pytest.fixture
def many(world: World) -> list[str]:
    """Ids of seven more deploys, newest first; some at the same moment."""
    with write():
        deployment = db.session.merge(world.deploy).code_deployment
        found = [
            seed.add_deploy(
                deployment, revision=str(number), deployed_at=NOW - timedelta(hours=3 + number // 3)
            )
            for number in range(7)
        ]
        newest = sorted(found, key=lambda each: (each.deployed_at, each.id), reverse=True)
        return [each.public_id for each in newest]


def ids(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json["deploys"]]


def pages(get: Get, **query: Any) -> Iterator[TestResponse]:
    cursor: dict[str, str] = {}
    while True:
        answer = get("deploys", **query, **cursor)
        yield answer
        if answer.json["next"] is None:
            return
        cursor = {"cursor": answer.json["next"]}


def test_a_deploy_is_told_with_what_it_did(get: Get, world: World) -> None:
    told = get("deploys").json["deploys"][0]
    assert told["id"] == world.deploy.public_id
    assert told["url"] == f"http://localhost/o/acme/deploys/{world.deploy.public_id}"
    assert told["author"] == {"name": "Ada Lovelace", "email": "ada@acme.test"}
    assert told["deployment"] == {"slug": "web-shop", "name": "Web shop"}
    assert told["environment"] == {"slug": "production", "name": "Production"}
    assert told["deployed_at"] == "2026-03-04T11:00:00Z"
    assert (told["health"], told["judged_health"], told["override"]) == ("unhealthy",) * 2 + (None,)
    assert told["links"] == CHANGE["links"]


def test_an_impact_is_told_with_its_numbers(get: Get, world: World) -> None:
    (impact,) = get("deploys").json["deploys"][0]["impacts"]
    assert impact["impact_source"] == {
        "id": world.source.public_id,
        "name": "Sentry web",
        "provider": "sentry",
    }
    assert (impact["health"], impact["reason"], impact["is_final"]) == ("unhealthy", "rise", False)
    assert (impact["minutes_of_data"], impact["observed"]) == (18, 252)
    assert impact["expected"] == pytest.approx(2.1 * 18)
    assert "252 errors" in impact["sentence"]


def test_the_links_of_an_impact_can_be_followed(app: Flask, token: str, world: World) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    client = app.test_client()
    links = client.get("/api/v1/deploys", headers=headers).json["deploys"][0]["impacts"][0]["links"]
    assert client.get(links["evidence"], headers=headers).status_code == 200
    series = client.get(links["series"], headers=headers).json
    assert (series["start"], series["end"]) == ("2026-03-04T10:00:00Z", "2026-03-04T12:00:00Z")
    assert links["tracker"] is None


def test_what_nothing_watches_says_so(get: Get, world: World) -> None:
    told = get("deploys", environment="staging").json["deploys"][0]
    assert (told["health"], told["reason"], told["impacts"]) == ("unknown", "no_source", [])


def test_what_is_watched_and_not_judged_yet_is_pending(get: Get, world: World) -> None:
    with write():
        seed.add_deploy(db.session.merge(world.deploy).code_deployment, deployed_at=NOW)
    assert get("deploys").json["deploys"][0]["reason"] == "pending"


def test_a_failure_that_may_still_be_averted_is_none(get: Get, world: World) -> None:
    for failed_at, told in ((NOW, "2026-03-04T12:00:00Z"), (NOW + timedelta(minutes=1), None)):
        with write():
            db.session.get_one(Deploy, world.deploy.id).failed_at = failed_at
        assert get(f"deploys/{world.deploy.public_id}").json["failed_at"] == told


def test_one_deploy_is_told_with_what_it_changed(get: Get, world: World) -> None:
    listed = get("deploys").json["deploys"][0]
    told = get(f"deploys/{world.deploy.public_id}").json
    assert {name: told[name] for name in listed} == listed
    for name in told.keys() - listed.keys():
        assert told[name] == CHANGE[name]


def test_the_address_of_pages_is_the_public_one(app: Flask, get: Get, world: World) -> None:
    app.config["SLEUTH_PUBLIC_URL"] = "https://sleuth.example.com"
    answer = get("deploys", limit=1)
    assert answer.json["deploys"][0]["url"].startswith("https://sleuth.example.com/o/acme/")
    assert answer.headers["Link"].startswith("<https://sleuth.example.com/api/v1/deploys?limit=1&")


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 8, 9, 100])
def test_pages_hold_every_deploy_once_newest_first(
    get: Get, world: World, many: list[str], limit: int
) -> None:
    read = [ids(page) for page in pages(get, limit=limit)]
    found = [id_ for page in read for id_ in page]
    assert found == [world.deploy.public_id, world.quiet.public_id, *many]
    assert all(len(page) == limit for page in read[:-1])


def test_a_page_holds_fifty_unless_told_otherwise(get: Get, world: World) -> None:
    with write():
        deployment = db.session.merge(world.deploy).code_deployment
        for _ in range(60):
            seed.add_deploy(deployment)
    assert [len(ids(page)) for page in pages(get)] == [50, 12]


def test_what_is_registered_meanwhile_moves_no_page(
    get: Get, world: World, many: list[str]
) -> None:
    first = get("deploys", limit=4)
    with write():
        seed.add_deploy(db.session.merge(world.deploy).code_deployment, deployed_at=NOW)
    assert ids(get("deploys", limit=4, cursor=first.json["next"])) == many[2:6]


def test_the_header_leads_to_the_next_page(app: Flask, get: Get, token: str, many: Any) -> None:
    first = get("deploys", limit=3, project="shop")
    address, _, relation = first.headers["Link"].partition("; ")
    assert relation == 'rel="next"'
    headers = {"Authorization": f"Bearer {token}"}
    followed = app.test_client().get(address.strip("<>"), headers=headers)
    assert ids(followed) == many[1:4]
    last = get("deploys", limit=100)
    assert (last.json["next"], "Link" in last.headers) == (None, False)


@pytest.mark.parametrize("cursor", ["a", "AAAA", "ä", "0" * 64, "-_" * 40, "x" * 4000, "."])
def test_a_cursor_that_was_made_up_is_refused(get: Get, world: World, cursor: str) -> None:
    answer = get("deploys", cursor=cursor)
    assert answer.status_code == 400
    assert "“next” of the page before" in answer.json["detail"]


def test_a_cursor_is_good_for_its_own_request_alone(get: Get, cast: Cast, many: list[str]) -> None:
    cursor = get("deploys", limit=2).json["next"]
    assert get("deploys", limit=5, cursor=cursor).status_code == 200
    assert get("deploys", cursor=cursor, project="shop").status_code == 400
    assert get("deploys", cursor=f"{cursor[:-3]}{cursor[-3:].swapcase()}").status_code == 400
    assert get("deploys", cursor=f"{cursor[:9]}.{cursor[9:]}").status_code == 400
    key = create_token(cast.globex.id, "Dashboard", TokenType.READ).raw
    assert get("deploys", key, cursor=cursor).status_code == 400


def test_a_cursor_shows_no_number_of_the_database(get: Get, many: list[str]) -> None:
    first, again = (get("deploys", limit=2).json["next"] for _ in range(2))
    assert first == again
    assert "2026" not in first


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"project": "shop"}, 9),
        ({"project": "elsewhere"}, 0),
        ({"environment": "staging"}, 1),
        ({"deployment": "web-shop", "environment": "production"}, 8),
        ({"health": "unhealthy"}, 1),
        ({"health": "healthy"}, 0),
        ({"health": "unknown"}, 8),
        ({"since": "2026-03-04T11:00:00Z"}, 1),
        ({"until": "2026-03-04T11:00:00Z"}, 8),
        ({"since": "2026-03-04T11:00:00+01:00", "until": "2026-03-04t11:00:00.5z"}, 2),
        ({"since": "2026-03-04T10:00:00.000001Z"}, 1),
        ({"since": "0001-01-01T00:00:00+14:00"}, 9),
        ({"until": "9999-12-31T23:59:60-14:00"}, 9),
    ],
)
def test_filters_choose(get: Get, many: list[str], query: dict[str, str], found: int) -> None:
    assert len(ids(get("deploys", **query))) == found


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"limit": "0"}, "limit must be a whole number from 1 to 100."),
        ({"limit": "101"}, "limit must be a whole number from 1 to 100."),
        ({"limit": "١"}, "limit must be a whole number from 1 to 100."),
        ({"limit": ""}, "limit is empty"),
        ({"limit": ["1", "2"]}, "limit is given more than once."),
        ({"health": "fine"}, "health must be one of: unknown, improved, healthy,"),
        ({"since": "yesterday"}, "since must be a date and time in RFC 3339"),
        ({"since": "2026-03-04"}, "since must be a date and time in RFC 3339"),
        ({"since": "2026-02-30T00:00:00Z"}, "since is not a date that there is."),
        ({"since": "2026-03-04T12:00:00Z", "until": "2026-03-04T12:00:00Z"}, "before until"),
        ({"enviroment": "staging"}, "There is no parameter “enviroment” here; there are cursor,"),
    ],
)
def test_what_cannot_be_used_is_said(
    get: Get, world: World, query: dict[str, Any], sentence: str
) -> None:
    answer = get("deploys", **query)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert sentence in answer.json["detail"]


def test_a_parameter_where_there_is_none_is_refused(get: Get, world: World) -> None:
    answer = get(f"deploys/{world.deploy.public_id}", commits="yes")
    assert answer.json["detail"] == "There is no parameter “commits” here; there is none."


def test_an_answer_that_has_not_changed_is_not_sent_again(get: Get, world: World) -> None:
    first = get("deploys")
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in first.vary
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = get("deploys", _headers={"If-None-Match": known})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
        assert "Content-Type" not in again.headers
    with write():
        db.session.get_one(Deploy, world.deploy.id).branch = "other"
    changed = get("deploys", _headers={"If-None-Match": etag})
    assert (changed.status_code, changed.headers["ETag"] != etag) == (200, True)


def test_a_page_takes_the_same_statements_for_one_as_for_many(
    get: Get, world: World, many: list[str], counting: Any
) -> None:
    get("deploys")
    with counting() as for_one:
        get("deploys", limit=1)
    with counting() as for_all:
        assert len(ids(get("deploys", limit=100))) == 9
    assert len(for_one) == len(for_all) <= 6, for_all
