"""What is set by hand, new errors, and verdicts that were made again, as the API tells them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sleuth.accounts.models import TokenType
from sleuth.accounts.tokens import create_token
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.by_hand.models import Override
from sleuth.health.by_hand.overriding import set_override, undo_override
from sleuth.health.by_hand.people import Person
from sleuth.health.models import NewErrors, Verdict, VerdictChange
from tests.api.conftest import Get, World
from tests.api.test_document import check
from tests.conftest import NOW, Cast
from tests.dashboard import seed
from tests.dashboard.conftest import counting

__all__ = ["counting"]

REASON = "A load test <b>of ours</b>."


def override(deploy: Deploy, health: str, by: Person) -> str:
    """Set a health by hand; return the id of what stands."""
    set_override(deploy.id, health, REASON, by, seen="")
    stands = select(Override.public_id).where(Override.deploy_id == deploy.id)
    return db.session.scalars(stands.where(Override.ended_at.is_(None))).one()


def deploy_in(get: Get, deploy: Deploy) -> dict[str, Any]:
    answer = get(f"deploys/{deploy.public_id}")
    check(answer, "/api/v1/deploys/{public_id}")
    found: dict[str, Any] = answer.json
    return found


def ids(get: Get, **query: Any) -> list[str]:
    answer = get("deploys", **query)
    check(answer, "/api/v1/deploys")
    return [each["id"] for each in answer.json["deploys"]]


@pytest.fixture
def ada(cast: Cast) -> Person:
    return Person.of(cast.developer)


def test_what_is_set_by_hand_is_told_beside_what_was_judged(
    get: Get, world: World, ada: Person
) -> None:
    override(world.deploy, "healthy", ada)
    told = deploy_in(get, world.deploy)
    assert (told["health"], told["judged_health"]) == ("healthy", "unhealthy")
    assert told["override"] == {
        "health": "healthy",
        "reason": REASON,
        "set_by": ada.name,
        "set_at": "2026-03-04T12:00:00Z",
    }
    assert [each["health"] for each in told["impacts"]] == ["unhealthy"]
    assert get("deploys").json["deploys"][0]["override"] == told["override"]


def test_a_deploy_that_nothing_judged_has_no_reason_once_it_is_set(
    get: Get, world: World, ada: Person
) -> None:
    assert deploy_in(get, world.quiet)["reason"] == "no_source"
    override(world.quiet, "improved", ada)
    told = deploy_in(get, world.quiet)
    assert (told["health"], told["judged_health"], told["reason"]) == ("improved", "unknown", None)


def test_deploys_are_chosen_by_the_health_that_counts(get: Get, world: World, ada: Person) -> None:
    seen = override(world.deploy, "healthy", ada)
    assert ids(get, health="unhealthy") == []
    assert ids(get, health="healthy") == [world.deploy.public_id]
    override(world.quiet, "ailing", ada)
    assert (ids(get, health="unknown"), ids(get, health="ailing")) == ([], [world.quiet.public_id])
    undo_override(world.deploy.id, ada, seen)
    assert ids(get, health="unhealthy") == [world.deploy.public_id]


def test_an_answer_is_another_once_a_health_is_set_or_taken_back(
    get: Get, world: World, ada: Person
) -> None:
    for path in ("deploys", f"deploys/{world.deploy.public_id}"):
        known = get(path).headers["ETag"]
        seen = override(world.deploy, "healthy", ada)
        set_ = get(path, _headers={"If-None-Match": known})
        assert set_.status_code == 200
        undo_override(world.deploy.id, ada, seen)
        assert get(path, _headers={"If-None-Match": set_.headers["ETag"]}).status_code == 200


def test_what_was_taken_back_is_not_told(get: Get, world: World, ada: Person) -> None:
    undo_override(world.deploy.id, ada, override(world.deploy, "healthy", ada))
    told = deploy_in(get, world.deploy)
    assert (told["health"], told["override"]) == ("unhealthy", None)


def test_what_is_set_takes_no_more_statements_for_many(
    get: Get, world: World, ada: Person, counting: Any
) -> None:
    with write():
        deployment = db.session.merge(world.deploy).code_deployment
        more = [seed.add_deploy(deployment, deployed_at=NOW) for _ in range(25)]
    override(world.deploy, "healthy", ada)
    get("deploys")
    with counting() as for_one:
        get("deploys")
    for each in more:
        override(each, "ailing", ada)
    with counting() as for_all:
        assert len(ids(get, health="ailing")) == 25
    assert len(for_one) == len(for_all) <= 7, for_all


def add_new_errors(**more: Any) -> None:
    """Let the one verdict have new errors."""
    listed = [
        {
            "title": f"<b>Error</b> {number}",
            "url": "https://acme.sentry.io/issues/1/" if number else "javascript:alert(1)",
            "first_seen": int((NOW - timedelta(minutes=50)).timestamp()),
            "count": 2**40,
            "users": None if number else 3,
        }
        for number in range(5)
    ]
    plain = {
        "total": 7,
        "events": 2**42,
        "top": listed[:3],
        "errors": listed,
        "asked_at": NOW - timedelta(minutes=4),
        "asked_until": NOW - timedelta(minutes=6),
    }
    with write():
        verdict_id = db.session.scalars(select(Verdict.id)).one()
        db.session.add(NewErrors(verdict_id=verdict_id, **plain | more))


def evidence(get: Get, world: World) -> dict[str, Any]:
    answer = get(f"deploys/{world.deploy.public_id}/evidence")
    check(answer, "/api/v1/deploys/{public_id}/evidence")
    (verdict,) = answer.json["verdicts"]
    found: dict[str, Any] = verdict
    return found


def test_new_errors_are_all_listed_and_only_safe_addresses_told(get: Get, world: World) -> None:
    assert evidence(get, world)["new_errors"] is None
    add_new_errors()
    told = evidence(get, world)["new_errors"]
    assert (told["total"], len(told["listed"]), told["error"]) == (7, 5, None)
    assert told["asked_until"] == "2026-03-04T11:54:00Z"
    assert told["listed"][0] == {
        "title": "<b>Error</b> 0",
        "url": None,
        "first_seen_at": "2026-03-04T11:10:00Z",
        "count": 2**40,
        "users": 3,
    }
    assert told["listed"][1]["url"] == "https://acme.sentry.io/issues/1/"


def test_why_new_errors_could_not_be_listed_is_told(get: Get, world: World) -> None:
    nothing: dict[str, Any] = {"total": 0, "events": 0, "top": [], "errors": []}
    never: dict[str, Any] = {"asked_at": None, "asked_until": None}
    add_new_errors(**nothing, **never, last_error="Sentry refuses.")
    told = evidence(get, world)["new_errors"]
    assert told == {
        "total": 0,
        "asked_at": None,
        "asked_until": None,
        "error": "Sentry refuses.",
        "listed": [],
    }


def test_a_verdict_that_somebody_had_made_again_names_them(get: Get, world: World) -> None:
    with write():
        db.session.query(VerdictChange).order_by(
            VerdictChange.id.desc()
        ).first().judged_again_by = "Ada"
    told = evidence(get, world)["changes"]
    assert [each["judged_again_by"] for each in told] == [None, "Ada"]


def test_nothing_of_it_is_told_to_another_organization(
    get: Get, cast: Cast, world: World, ada: Person
) -> None:
    override(world.deploy, "healthy", ada)
    add_new_errors()
    key = create_token(cast.globex.id, "Dashboard", TokenType.READ).raw
    assert get("deploys", key, health="healthy").json["deploys"] == []
    for more in ("", "/evidence"):
        assert get(f"deploys/{world.deploy.public_id}{more}", key).status_code == 404


def test_a_reading_token_sets_and_answers_nothing(app: Flask, token: str, world: World) -> None:
    verdict = db.session.scalars(select(Verdict)).one()
    deploy = f"/o/acme/deploys/{world.deploy.public_id}"
    app.config["WTF_CSRF_ENABLED"] = False
    for path in (f"{deploy}/override", f"{deploy}/verdicts/{verdict.public_id}/answer"):
        sent = app.test_client().post(
            path,
            data={"health": "healthy", "reason": "x", "answer": "no", "seen": ""},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert "/sign-in" in sent.headers["Location"]
    assert db.session.scalars(select(Override)).all() == []


@pytest.mark.parametrize("lacking", ["known_minutes", "observed", "expected", "next_look"])
def test_an_old_assessment_is_told_with_what_it_has(get: Get, world: World, lacking: str) -> None:
    with write():
        verdict = db.session.scalars(select(Verdict)).one()
        verdict.assessment = {
            name: value for name, value in verdict.assessment.items() if name != lacking
        }
    assert evidence(get, world)["health"] == "unhealthy"
