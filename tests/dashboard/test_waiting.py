"""Verdicts that wait for counts say why none come in, on the card and in the evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sleuth.extensions import db, write
from sleuth.health.models import Verdict
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words

SINCE = NOW - timedelta(minutes=14)
FIRST = "The first counts arrive a few minutes after a deploy."
BUSY = "Sentry answered with an error (503)."
NONE_SINCE = "No counts since 4 Mar 2026, 11:46 UTC :"


@pytest.fixture
def source(shop, sentry) -> ImpactSource:
    """A source whose counts reach up to fourteen minutes ago."""
    with write():
        return seed.add_source(sentry, shop.production, complete_until=SINCE)


@pytest.fixture
def add(shop, source):
    """Add a deploy with a verdict of so many minutes of counts."""

    def deployed(minutes: int) -> Verdict:
        with write():
            at = NOW - timedelta(minutes=15 + minutes)
            deploy = seed.add_deploy(shop.web, deployed_at=at)
            health, reason = ("ailing", "") if minutes else ("unknown", "pending")
            own = db.session.get_one(ImpactSource, source.id)
            return seed.add_verdict(deploy, own, health, reason, minutes_of_data=minutes)

    return deployed


def card(read, verdict: Verdict) -> str:
    return words(read(f"/deploys/{verdict.deploy.public_id}/card"))


def evidence(read, verdict: Verdict, *, htmx: bool = True) -> str:
    path = f"/deploys/{verdict.deploy.public_id}/evidence/{verdict.public_id}"
    return words(read(path, htmx=htmx))


def fail(row: Any, **values: Any) -> None:
    with write():
        own = db.session.get_one(type(row), row.id)
        for name, value in ({"last_error": BUSY, "last_error_at": NOW} | values).items():
            setattr(own, name, value)


@pytest.mark.parametrize("what", ["source", "integration"])
def test_a_failing_source_or_integration_is_why_there_are_no_counts(
    read, add, source, sentry, what: str
) -> None:
    verdict = add(0)
    assert FIRST in card(read, verdict)
    fail(source if what == "source" else sentry)
    shown = card(read, verdict)
    assert f"{NONE_SINCE} {BUSY} See how Sentry is connected" in shown
    assert FIRST not in shown
    assert f"{NONE_SINCE} {BUSY}" in evidence(read, verdict)
    assert evidence(read, verdict, htmx=False).count(NONE_SINCE) == 1


def test_a_verdict_that_has_begun_says_it_beside_what_it_has(read, add, source) -> None:
    verdict = add(18)
    fail(source)
    shown = card(read, verdict)
    assert "18 minutes of data · next look at 30 minutes" in shown
    assert f"{NONE_SINCE} {BUSY}" in shown


def test_where_none_ever_came_it_says_so(read, add, source) -> None:
    verdict = add(0)
    fail(source, complete_until=None)
    assert f"No counts yet: {BUSY}" in card(read, verdict)


@pytest.mark.parametrize("what", [ImpactSource, Integration])
def test_what_is_paused_is_why_there_are_no_counts(read, add, source, sentry, what) -> None:
    verdict = add(0)
    fail(source if what is ImpactSource else sentry, last_error="", paused_at=NOW)
    assert f"{NONE_SINCE} collecting is paused." in card(read, verdict)


def test_a_final_verdict_waits_for_nothing(read, add, source) -> None:
    verdict = add(1440)
    fail(source)
    assert "No counts" not in card(read, verdict)
    assert "No counts" not in evidence(read, verdict)


def test_the_link_leads_to_the_error_trackers_also_for_observers(sign_in, add, source) -> None:
    verdict = add(0)
    fail(source)
    page = sign_in("observer").get(f"/o/acme/deploys/{verdict.deploy.public_id}").text
    link = 'href="/o/acme/integrations/error-trackers"'
    assert link in page.partition("No counts")[2].partition("</p>")[0]


def test_a_waiting_card_hears_when_its_tracker_does_better(read, add) -> None:
    verdict = add(0)
    markup = read(f"/deploys/{verdict.deploy.public_id}/card")
    assert "integrationChanged from:body" in markup


def test_it_takes_no_more_statements(read, add, source, counting) -> None:
    add(18)
    read()
    with counting() as before:
        read()
    fail(source)
    for minutes in (2, 6, 18):
        add(minutes)
    with counting() as after:
        read()
    assert len(before) == len(after)


def test_what_the_tracker_says_is_text(read, add, source) -> None:
    verdict = add(0)
    fail(source, last_error=seed.HOSTILE)
    assert "<script>alert" not in read(f"/deploys/{verdict.deploy.public_id}/card")
