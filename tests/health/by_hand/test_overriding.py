"""Setting a deploy's health by hand."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from sleuth import clock
from sleuth.accounts.models import AuditEntry, Event, Membership, User
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.by_hand.models import Override
from sleuth.health.failures import note_failure
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words
from tests.health.story import HOUR, LONG_AGO, MINUTE, count, judge, tick


def url(deploy, more=""):
    return f"/deploys/{deploy.public_id}/override{more}"


def standing(deploy):
    db.session.rollback()
    rows = select(Override).where(Override.deploy_id == deploy.id, Override.ended_at.is_(None))
    return db.session.scalar(rows)


def put(post, deploy, health="healthy", reason="A bot ran wild.", **more):
    stands = standing(deploy)
    seen = stands.public_id if stands else ""
    form = {"health": health, "reason": reason, "seen": seen} | more
    return post(url(deploy), **form)


def test_the_card_shows_what_was_set_by_whom_why_and_what_was_judged(post, read, bad) -> None:
    assert put(post, bad).status_code == 200
    with clock.frozen(NOW + 3 * MINUTE):
        card = read(f"/deploys/{bad.public_id}/card")
    assert "health-healthy" in card.split(">")[0]
    text = words(card)
    assert "Healthy , set by Dora, 3 minutes ago : A bot ran wild." in text
    assert "Judged: Unhealthy" in text


def test_the_page_shows_it_and_the_verdict_as_it_was(post, read, bad) -> None:
    put(post, bad)
    text = words(read(f"/deploys/{bad.public_id}"))
    assert "set by Dora" in text
    assert "Sentry web Unhealthy" in text


def test_who_sets_it_is_answered_with_what_the_card_listens_for(post, bad) -> None:
    answer = put(post, bad)
    heard = set(json.loads(answer.headers["HX-Trigger"]))
    assert heard >= {f"deployChanged:{bad.public_id}", "healthChanged", "healthChanged:shop"}


def test_other_tabs_and_the_audit_log_hear_of_it(post, bad) -> None:
    put(post, bad)
    newest = select(Event.name, Event.subject).order_by(Event.id.desc()).limit(2)
    assert db.session.execute(newest).all() == [
        ("healthChanged", "shop"),
        ("deployChanged", bad.public_id),
    ]
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry.action == "deploy.health_set"
    assert entry.detail["reason"] == "A bot ran wild."


def test_a_plain_browser_is_sent_to_the_deploys_page(post, bad) -> None:
    answer = put(post, bad, htmx=False)
    assert answer.status_code == 303
    assert answer.location == f"/o/acme/deploys/{bad.public_id}"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"reason": " "}, "Say why"),
        ({"reason": "x" * 501}, "500 characters"),
        ({"health": "unknown"}, "Choose a health"),
        ({"health": ""}, "Choose a health"),
    ],
)
def test_what_will_not_do_is_said_and_nothing_is_set(post, bad, form, told) -> None:
    answer = put(post, bad, **form)
    assert answer.status_code == 422
    assert told in answer.text
    assert standing(bad) is None


def test_markup_in_a_reason_is_words(post, read, bad) -> None:
    put(post, bad, reason="<script>alert(1)</script>")
    assert "<script>alert(1)" not in read(f"/deploys/{bad.public_id}")


def test_undo_restores_what_was_judged(post, read, bad) -> None:
    put(post, bad)
    post(url(bad, "/undo"), seen=standing(bad).public_id)
    card = read(f"/deploys/{bad.public_id}/card")
    assert "health-unhealthy" in card.split(">")[0]
    assert "set by" not in card


def test_what_was_undone_or_replaced_remains_on_the_page(post, read, bad) -> None:
    put(post, bad, reason="First thought.")
    put(post, bad, health="ailing", reason="Second thought.", who="owner")
    post(url(bad, "/undo"), seen=standing(bad).public_id)
    text = words(read(f"/deploys/{bad.public_id}"))
    assert "Healthy by Dora" in text
    assert "First thought. (replaced by Olga" in text
    assert "Second thought. (undone by Dora" in text


def test_whoever_comes_second_is_told_and_changes_nothing(post, bad) -> None:
    put(post, bad, who="owner", reason="I looked.")
    answer = put(post, bad, health="ailing", seen="")
    assert answer.status_code == 422
    assert "Meanwhile Olga set this deploy to Healthy: “I looked”. Look again before" in words(
        answer.text
    )
    assert standing(bad).health == "healthy"


def test_after_being_told_one_can_go_on(post, bad) -> None:
    put(post, bad, who="owner")
    told = put(post, bad, health="ailing", seen="").text
    assert standing(bad).public_id in told
    assert put(post, bad, health="ailing").status_code == 200
    assert standing(bad).health == "ailing"


def test_an_undo_that_comes_second_is_told_and_undoes_nothing(post, bad) -> None:
    put(post, bad)
    first = standing(bad).public_id
    put(post, bad, health="ailing", who="owner")
    answer = post(url(bad, "/undo"), seen=first)
    assert "Meanwhile Olga" in answer.headers["HX-Trigger"]
    assert standing(bad).health == "ailing"


def test_undoing_what_is_undone_is_told(post, bad) -> None:
    put(post, bad)
    seen = standing(bad).public_id
    post(url(bad, "/undo"), seen=seen)
    assert "took back" in post(url(bad, "/undo"), seen=seen).headers["HX-Trigger"]


@pytest.mark.parametrize("who", ["owner", "administrator", "developer"])
def test_whoever_may_change_things_may_set_it(post, bad, who) -> None:
    assert put(post, bad, who=who).status_code == 200


def test_an_observer_sees_it_and_cannot_change_it(post, bad, sign_in) -> None:
    put(post, bad)
    assert put(post, bad, who="observer").status_code == 403
    seen = standing(bad).public_id
    assert post(url(bad, "/undo"), who="observer", seen=seen).status_code == 403
    card = sign_in("observer").get(f"/o/acme/deploys/{bad.public_id}/card").text
    assert "set by Dora" in card
    assert "Undo" not in card
    assert "/override" not in card


def test_of_another_organization_there_is_nothing_to_set(post, bad) -> None:
    assert put(post, bad, who="outsider").status_code == 404


def test_new_verdicts_and_revisions_do_not_overwrite_it(post, source, deploy, read) -> None:
    made = deploy(60)
    count(source, LONG_AGO, NOW - HOUR, 5)
    count(source, NOW - HOUR, NOW - 30 * MINUTE, 50)
    judge(made, NOW - 25 * MINUTE)
    put(post, made, reason="A bot.")
    count(source, NOW - 30 * MINUTE, NOW, 50)
    assert tick(NOW + 5 * MINUTE) == [made.id]
    assert standing(made).health == "healthy"
    text = words(read(f"/deploys/{made.public_id}/card"))
    assert "Judged: Unhealthy" in text


def test_a_deploy_called_healthy_by_hand_is_no_change_failure(post, bad) -> None:
    with write():
        seed.add_change(db.session.get_one(Deploy, bad.id).verdicts[0], 2, "unhealthy")
        note_failure(db.session.get_one(Deploy, bad.id))
    assert bad.failed_at is not None
    put(post, bad)
    assert standing(bad)
    assert db.session.get_one(Deploy, bad.id).failed_at is None
    post(url(bad, "/undo"), seen=standing(bad).public_id)
    db.session.rollback()
    assert db.session.get_one(Deploy, bad.id).failed_at is not None


def test_a_deploy_called_unhealthy_by_hand_is_one_after_as_long_as_any(post, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
    put(post, deploy, health="unhealthy")
    db.session.rollback()
    assert db.session.get_one(Deploy, deploy.id).failed_at == NOW + timedelta(minutes=7)


def test_the_week_and_the_change_sources_count_it_as_set(post, read, bad) -> None:
    before = read("/")
    assert 'class="strip-mark health-unhealthy strip-unhealthy' in before
    put(post, bad)
    after = read("/")
    assert "strip-unhealthy" not in after
    assert "strip-healthy" in after
    assert "Healthy 1" in words(after.split('aria-label="How they went"')[1])[:40]


def test_a_deploy_that_nothing_judged_can_be_set(post, read, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
    put(post, deploy, health="ailing")
    assert "health-ailing" in read(f"/deploys/{deploy.public_id}/card").split(">")[0]


def test_who_has_left_is_a_former_member(post, read, bad, cast) -> None:
    put(post, bad, who="owner")
    with write():
        db.session.execute(delete(Membership).where(Membership.user_id == cast.owner.id))
    assert "set by Olga (a former member)" in words(read(f"/deploys/{bad.public_id}/card"))


def test_an_account_that_is_deleted_leaves_what_it_was_called(post, read, bad, cast) -> None:
    put(post, bad, who="owner")
    with write():
        db.session.execute(delete(Membership).where(Membership.user_id == cast.owner.id))
        db.session.execute(delete(User).where(User.id == cast.owner.id))
    assert "set by Olga (a former member)" in words(read(f"/deploys/{bad.public_id}/card"))


def test_it_goes_with_its_deploy(post, bad) -> None:
    put(post, bad)
    post(f"/deploys/{bad.public_id}/delete")
    db.session.rollback()
    assert db.session.scalars(select(Override)).all() == []


def test_the_dialog_opens_with_what_stands(post, sign_in, bad) -> None:
    put(post, bad, health="ailing", reason="Known trouble.")
    page = sign_in("developer").get(f"/o/acme{url(bad)}").text
    assert "Known trouble." in page
    assert "set by Dora" in words(page)


def test_many_overrides_take_the_statements_of_one(post, read, counting, shop) -> None:
    def board() -> int:
        with counting() as seen:
            read()
        return len(seen)

    for number in range(4):
        with write():
            deploy = seed.add_deploy(shop.web)
        put(post, deploy, who="owner" if number % 2 else "developer")
        if not number:
            once = board()
    assert board() == once
