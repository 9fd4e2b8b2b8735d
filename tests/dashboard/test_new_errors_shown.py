"""New errors as cards and the deploy page show them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sleuth.dashboard.links import secure_address
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.by_hand.answering import Said, answer
from sleuth.health.by_hand.overriding import set_override
from sleuth.health.by_hand.people import Person
from sleuth.health.models import NewErrors, VerdictChange
from sleuth.ids import new_public_id
from sleuth.integrations.models import Integration
from tests.conftest import NOW, Cast
from tests.dashboard import seed
from tests.dashboard.conftest import Read, Shop, words

DEPLOYED = NOW - timedelta(minutes=30)
Add = Callable[..., Deploy]


def error(number: int, **more: Any) -> dict[str, Any]:
    plain = {
        "title": f"Error {number}",
        "url": f"https://acme.sentry.io/issues/{number}/",
        "first_seen": int((DEPLOYED + timedelta(minutes=number)).timestamp()),
        "count": 100 - number,
        "users": 10 - number,
    }
    return plain | more


@pytest.fixture
def add(shop: Shop, sentry: Integration) -> Add:
    """Add a deploy with a verdict that counts alone cannot make, and what was new after it."""

    def deployed(errors: list[dict[str, Any]] | None, **more: Any) -> Deploy:
        with write():
            integration = db.session.get_one(Integration, sentry.id)
            source = seed.add_source(integration, shop.production, name=new_public_id())
            deploy = seed.add_deploy(shop.web, shop.production, deployed_at=DEPLOYED)
            verdict = seed.add_verdict(deploy, source, "unknown", "too_few_errors")
            db.session.flush()
            if errors is not None:
                plain: dict[str, Any] = {
                    "total": len(errors),
                    "events": sum(each["count"] for each in errors),
                    "top": errors[:3],
                    "errors": errors,
                    "asked_at": NOW - timedelta(minutes=4),
                    "asked_until": NOW - timedelta(minutes=6),
                }
                db.session.add(NewErrors(verdict_id=verdict.id, **plain | more))
        return deploy

    return deployed


def test_a_card_lists_the_top_three_with_events_and_users(add: Add, read: Read) -> None:
    add([error(number) for number in range(1, 8)])

    shown = words(read())

    assert "7 new kinds of errors" in shown
    assert "Error 1 99 events, 9 users" in shown
    assert "Error 3" in shown
    assert "Error 4" not in shown
    assert "and 4 more" in shown


def test_what_a_card_has_no_room_for_is_a_link_to_the_verdict_on_the_page(
    add: Add, read: Read
) -> None:
    deploy = add([error(number) for number in range(1, 8)])
    place = f"/o/acme/deploys/{deploy.public_id}#verdict-{deploy.verdicts[0].public_id}"

    assert f'<a href="{place}">and 4 more</a>' in read()


def test_no_line_of_a_card_can_begin_with_a_dot(add: Add, read: Read) -> None:
    add([error(1)])

    assert "1 new kind of errors, asked 4 minutes ago" in words(read())


def test_the_page_lists_all_with_first_seen_and_when_it_was_asked(add: Add, read: Read) -> None:
    deploy = add([error(number) for number in range(1, 8)], due_at=NOW + timedelta(minutes=32))

    shown = words(read(f"/deploys/{deploy.public_id}"))

    assert "Error 7 93 events, 3 users, first seen" in shown
    assert "more" not in shown.partition("new kinds of errors")[2].partition("was asked")[0]
    assert re.search(r"Sentry was asked .*, up to .*; next at", shown)


def test_a_link_opens_the_tracker_and_tells_it_nothing(add: Add, read: Read) -> None:
    add([error(1)])

    (link,) = re.findall(r"<a [^>]*issues/1/[^>]*>", read())

    assert 'rel="noopener noreferrer"' in link
    assert 'target="_blank"' in link


def test_what_the_tracker_calls_it_is_text(add: Add, read: Read) -> None:
    deploy = add([error(1, title=seed.HOSTILE)])

    for page in (read(), read(f"/deploys/{deploy.public_id}")):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("url", ["http://example.com/1", "javascript:alert(1)", "", "https://"])
def test_other_addresses_are_no_links(add: Add, read: Read, url: str) -> None:
    add([error(1, url=url)])

    page = read()

    assert "Error 1" in page
    assert f'href="{url}"' not in page


def test_the_stand_in_on_this_machine_may_be_linked() -> None:
    assert secure_address("http://127.0.0.1:8200/issues/1/") == "http://127.0.0.1:8200/issues/1/"


def test_users_that_are_not_known_are_not_told(add: Add, read: Read) -> None:
    add([error(1, users=None)])

    assert "Error 1 99 events" in words(read())
    assert "users" not in words(read()).partition("99 events")[2][:20]


def test_one_of_each_is_told_in_the_singular(add: Add, read: Read) -> None:
    add([error(1, count=1, users=1)])

    assert "1 new kind of errors" in words(read())
    assert "1 event, 1 user" in words(read())


def test_a_card_keeps_silent_where_nothing_is_new_and_the_page_says_so(
    add: Add, read: Read
) -> None:
    deploy = add([])

    assert "new kind" not in words(read()).lower()
    shown = words(read(f"/deploys/{deploy.public_id}"))
    assert "No new kind of error up to" in shown
    assert "Sentry was asked 4 minutes ago ." in shown, "up to when is said once"


def test_why_it_could_not_be_asked_is_told(add: Add, read: Read) -> None:
    reason = "Sentry does not let this token list issues."
    deploy = add([], last_error=reason, asked_at=None, asked_until=None)

    for page in (read(), read(f"/deploys/{deploy.public_id}")):
        assert f"New errors could not be listed: {reason}" in words(page)
        assert "</svg> New errors could not" in page


def test_before_the_first_look_the_page_says_when(add: Add, read: Read) -> None:
    soon = NOW + timedelta(minutes=3)
    deploy = add([], asked_at=None, asked_until=None, due_at=soon)

    shown = words(read(f"/deploys/{deploy.public_id}"))

    assert "New kinds of errors: not asked yet" in shown
    assert "Sentry has not told yet; next at" in shown


def test_nothing_is_said_where_the_tracker_cannot_tell(add: Add, read: Read) -> None:
    deploy = add(None)

    for page in (read(), read(f"/deploys/{deploy.public_id}")):
        assert "new kind" not in words(page).lower()
        assert "new-errors" not in page


def test_a_verdict_that_they_decided_says_why(add: Add, read: Read, shop: Shop) -> None:
    deploy = add([error(1), error(2)])
    with write():
        verdict = db.session.get_one(Deploy, deploy.id).verdicts[0]
        verdict.health, verdict.reason = "ailing", "new_errors"

        change = VerdictChange(
            at=NOW, minutes_of_data=18, health="ailing", reason="new_errors", is_revision=False
        )
        verdict.changes.append(change)

    assert "Ailing new kinds of errors" in words(read())
    page = words(read(f"/deploys/{deploy.public_id}"))
    assert re.search(r"Ailing new kinds of errors (so far )?after 18 minutes", page)


def test_a_page_of_cards_takes_as_many_statements_with_any_number_of_lists(
    add: Add, read: Read, counting: Any
) -> None:
    add([error(1)])
    read()
    with counting() as few:
        read()
    for _number in range(4):
        add([error(each) for each in range(1, 9)], last_error="x")
    with counting() as many:
        read()

    assert len(many) == len(few)


def test_another_organization_sees_none_of_it(
    add: Add, cast: Cast, sign_in: Callable[[str], Any]
) -> None:
    deploy = add([error(1)])
    outsider = sign_in("outsider")

    assert outsider.get(f"/o/globex/deploys/{deploy.public_id}").status_code == 404
    assert "Error 1" not in outsider.get("/o/globex/").text


def test_the_page_of_a_verdict_lists_all_and_its_card_does_not_repeat_them(
    add: Add, read: Read
) -> None:
    deploy = add([error(number) for number in range(5)])
    address = f"/deploys/{deploy.public_id}/evidence/{deploy.verdicts[0].public_id}"
    assert read(address).count("https://acme.sentry.io/issues/") == 5
    assert "https://acme.sentry.io/issues/" not in read(address, htmx=True)


def test_a_full_page_of_cards_takes_the_statements_of_one(
    add: Add, read: Read, counting: Any, cast: Cast
) -> None:
    """With healths set by hand, new errors and answers on all of them."""
    by = Person.of(cast.developer)

    def tell(deploy: Deploy) -> None:
        set_override(deploy.id, "healthy", "A bot.", by, seen="")
        verdict = deploy.verdicts[0]
        with write():
            verdict.health, verdict.reason = "unhealthy", "rise"
        answer(verdict.id, Said(is_right=False, health="unhealthy"), cast.developer.id)

    tell(add([error(1)]))
    read()
    with counting() as for_one:
        read()
    for _ in range(24):
        tell(add([error(number) for number in range(5)]))
    with counting() as for_all:
        page = read()
    assert page.count(">What was it?</summary>") == 25
    assert page.count("set by Dora") == 25
    assert len(for_one) == len(for_all), for_all
