"""What verdicts rest on, in JSON, as it was stored."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sleuth.extensions import db, write
from sleuth.health.models import Verdict
from tests.api.conftest import EPOCH, Get, World
from tests.api.test_document import check
from tests.conftest import NOW
from tests.dashboard import seed
from tests.health.explaining.cases import CASES


def evidence(get: Get, world: World) -> dict:
    answer = get(f"deploys/{world.deploy.public_id}/evidence")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_verdict_is_told_in_words_and_numbers(get: Get, world: World) -> None:
    told = evidence(get, world)
    assert told["deploy_id"] == world.deploy.public_id
    (verdict,) = told["verdicts"]
    assert verdict["health"] == "unhealthy"
    assert any("252 errors" in each for each in verdict["sentences"])
    assert verdict["assessment"]["history_days"] == 28.0


def test_the_picture_has_null_where_counts_are_unknown(get: Get, world: World) -> None:
    picture = evidence(get, world)["verdicts"][0]["picture"]
    assert picture["start"] == "2026-03-04T10:00:00Z"
    assert (picture["step_seconds"], picture["deploy_index"]) == (60, 60)
    assert len(picture["counts"]) == 121
    assert picture["counts"][-1] is None
    assert picture["band"] is None


def test_the_band_says_where_it_starts(get: Get, world: World) -> None:
    with write():
        verdict = db.session.query(Verdict).one()
        band = {"start": EPOCH - 3540, "low": [0.0, 1.5], "high": [3.0, 4.5]}
        verdict.assessment = {**verdict.assessment, "band": band}
    picture = evidence(get, world)["verdicts"][0]["picture"]
    assert picture["band"] == {**band, "start": "2026-03-04T11:01:00Z"}


def test_changes_come_in_their_order(get: Get, world: World) -> None:
    changes = evidence(get, world)["verdicts"][0]["changes"]
    assert [(each["minutes_of_data"], each["health"]) for each in changes] == [
        (6, "ailing"),
        (18, "unhealthy"),
    ]
    assert changes[0]["at"] == "2026-03-04T11:09:00Z"


def test_a_verdict_that_was_never_made_is_no_fault(get: Get, world: World) -> None:
    with write():
        verdict = db.session.query(Verdict).one()
        verdict.health, verdict.reason, verdict.assessment, verdict.picture = "", "", {}, []
    (told,) = evidence(get, world)["verdicts"]
    assert (told["health"], told["reason"], told["picture"]) == ("unknown", None, None)


def test_a_deploy_without_verdicts_has_none(get: Get, world: World) -> None:
    assert get(f"deploys/{world.quiet.public_id}/evidence").json["verdicts"] == []


def test_the_words_stay_when_the_source_is_gone(get: Get, world: World) -> None:
    with write():
        later = seed.add_deploy(
            db.session.merge(world.deploy).code_deployment, deployed_at=NOW - timedelta(minutes=5)
        )
        seed.add_verdict(later, None, "unknown", "no_source")
    (told,) = get(f"deploys/{later.public_id}/evidence").json["verdicts"]
    assert told["impact_source"] == {"id": None, "name": "Old Sentry", "provider": "sentry"}
    assert told["links"]["series"] is None


def test_only_addresses_of_the_web_become_links(get: Get, world: World) -> None:
    for address, told in (("https://sentry.io/x", "https://sentry.io/x"), ("javascript:1", None)):
        with write():
            verdict = db.session.query(Verdict).one()
            verdict.assessment = {**verdict.assessment, "explore_url": address}
        assert evidence(get, world)["verdicts"][0]["links"]["tracker"] == told


def test_evidence_that_has_not_changed_is_not_sent_again(get: Get, world: World) -> None:
    path = f"deploys/{world.deploy.public_id}/evidence"
    etag = get(path).headers["ETag"]
    assert get(path, _headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("name", CASES)
def test_whatever_a_verdict_rests_on_is_told_as_described(
    get: Get, world: World, name: str
) -> None:
    with write():
        verdict = db.session.query(Verdict).one()
        verdict.assessment = CASES[name]()
        verdict.reason, verdict.health = name.split(".")[:2]
    answer = get(f"deploys/{world.deploy.public_id}/evidence")
    check(answer, "/api/v1/deploys/{public_id}/evidence")
    json.loads(answer.text, parse_constant=pytest.fail)  # of NaN and Infinity, which are no JSON
    assert answer.json["verdicts"][0]["sentences"]
