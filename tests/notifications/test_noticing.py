"""What opens a message, what closes it, and that neither happens twice; over simulated hours."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact import leases, service, watching
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.disabling import disable_integration
from sleuth.impact.models import ImpactSource
from sleuth.integrations import service as integrations
from sleuth.integrations.models import Integration
from sleuth.notifications import messages, noticing
from sleuth.notifications.models import Delivery, Notice
from tests.conftest import NOW
from tests.impact.conftest import source_settings
from tests.notifications.conftest import all_deliveries

COUNTS = "/events-timeseries/"


@pytest.fixture(autouse=True)
def no_queue(queued) -> None:
    """Nothing runs but what a test runs."""


@pytest.fixture
def working(source: ImpactSource, webhook) -> ImpactSource:
    """A source that has been collected for a few minutes, in an organization with a webhook."""
    live(NOW - timedelta(minutes=5), NOW)
    return source


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def hear() -> None:
    """Let everybody have heard what they were to be told."""
    waiting = update(Delivery).where(Delivery.state == "waiting")
    with write():
        db.session.execute(waiting.values(state="sent"))


def live(since: datetime, until: datetime, *, is_heard: bool = True) -> None:
    """Let the tick's time pass.

    Args:
        is_heard: Messages arrive at once.
    """
    at = since
    while at <= until:
        with clock.frozen(at):
            if due := leases.due_integration_ids(at):
                collect_integrations(due)
            for id_ in watching.changed_ids(at):
                watching.announce(id_)
            for id_ in noticing.due_integration_ids(at):
                noticing.follow(id_)
        if is_heard:
            hear()
        at += timedelta(seconds=20)


def titles() -> list[str]:
    return [each.title for each in all_deliveries()]


def add_source(integration, cast, sandbox, name: str, **changes) -> ImpactSource:
    with write():
        return service.add_impact_source(
            db.session.get_one(Integration, integration.id),
            source_settings(cast, sandbox, name, **changes),
            interval_seconds=60,
            warning="",
        )


def test_while_all_is_well_nothing_is_sent(working) -> None:
    live(NOW, after(10))
    assert titles() == []


@pytest.mark.parametrize("kind", ["503", "429", "hang-up"])
def test_ten_minutes_of_bad_weather_are_not_told(working, sandbox, kind) -> None:
    sandbox.misbehave(kind, match=COUNTS)
    live(NOW, after(10))
    sandbox.behave()
    live(after(10), after(30))
    assert titles() == []


def test_a_revoked_token_is_told_once_within_15_minutes_and_so_is_its_recovery(
    working, sandbox
) -> None:
    sandbox.misbehave("401", match=COUNTS, detail="Invalid token")
    live(NOW, after(15))
    assert titles() == ["Sentry needs attention"]
    live(after(15), after(60))
    assert len(titles()) == 1
    sandbox.behave()
    live(after(60), after(90))
    first, second = all_deliveries()
    assert second.title.startswith("Sentry works again, after ")
    assert second.facts["since"] == first.facts["since"]
    assert second.facts["until"] > second.facts["since"]
    live(after(90), after(120))
    assert len(titles()) == 2


def test_a_message_says_since_when_what_is_affected_and_where_to_look(working, sandbox) -> None:
    sandbox.misbehave("401", match=COUNTS, detail="Invalid token")
    live(NOW, after(15))
    (sent,) = all_deliveries()
    assert "Affected: 1 impact source of Shop." in sent.body
    assert "Since 4 Mar 2026, 12:0" in sent.body
    assert sent.body.endswith("https://sleuth.test/o/acme/needs-attention")
    assert sent.facts["impact_sources"][0]["project"] == "shop"
    assert sent.facts["scope"] == "integration"


def test_an_outage_is_told_once_for_the_integration_and_not_source_by_source(
    working,
    integration,
    cast,
    sandbox,
) -> None:
    add_source(integration, cast, sandbox, "Staging errors", error_environment="staging")
    live(NOW, after(3))
    sandbox.misbehave("503", match=COUNTS)
    live(after(3), after(40))
    assert titles() == ["Sentry needs attention"]
    sandbox.behave()
    live(after(40), after(60))
    assert [each.split(",")[0] for each in titles()[1:]] == ["Sentry works again"]


def test_sources_that_break_together_are_told_in_one_message(
    working,
    integration,
    cast,
    sandbox,
) -> None:
    for name in ("Payroll", "Ledger"):
        add_source(integration, cast, sandbox, name, error_project_key="4504")
    live(NOW, after(40))
    (sent,) = all_deliveries()
    assert sent.title == "2 impact sources of Sentry get no counts"
    assert "Shop · Ledger: " in sent.body
    assert "Shop · Payroll: " in sent.body
    assert sent.facts["scope"] == "impact_sources"


def test_a_source_that_breaks_later_is_told_on_its_own(
    working,
    integration,
    cast,
    sandbox,
) -> None:
    add_source(integration, cast, sandbox, "Payroll", error_project_key="4504")
    live(NOW, after(30))
    with clock.frozen(after(30)):
        add_source(integration, cast, sandbox, "Ledger", error_project_key="4504")
    live(after(30), after(60))
    assert titles() == ["Payroll of Shop gets no counts", "Ledger of Shop gets no counts"]


def test_a_token_that_dies_while_a_source_is_broken_is_told(
    working,
    integration,
    cast,
    sandbox,
) -> None:
    add_source(integration, cast, sandbox, "Payroll", error_project_key="4504")
    live(NOW, after(30))
    sandbox.misbehave("401", match=COUNTS, detail="Invalid token")
    live(after(30), after(46))
    assert titles() == ["Payroll of Shop gets no counts", "Sentry needs attention"]
    sandbox.behave()
    live(after(46), after(90))
    assert [each.split(",")[0] for each in titles()[2:]] == ["Sentry works again"]


def test_what_fails_again_before_recovery_has_lasted_continues_its_episode(
    working,
    integration,
) -> None:
    def refuse(refusals: int, at: datetime) -> None:
        with clock.frozen(at), write():
            row = db.session.get_one(Integration, integration.id)
            row.refusals, row.failing_since = refusals, NOW if refusals else None
        with clock.frozen(at):
            watching.announce(integration.id)
            noticing.follow(integration.id)
        hear()

    refuse(4, after(1))
    refuse(0, after(2))
    refuse(4, after(6))
    refuse(0, after(8))
    assert titles() == ["Sentry needs attention"]
    with clock.frozen(after(13)):
        noticing.follow(integration.id)
    assert titles()[1:] == ["Sentry works again, after 8 minutes"]


def test_two_ticks_at_once_tell_it_once(working, integration, sandbox) -> None:
    sandbox.misbehave("401", match=COUNTS, detail="Invalid token")
    live(NOW, after(10))
    before = len(titles())
    with clock.frozen(after(16)):
        collect_integrations(leases.due_integration_ids(after(16)))
        watching.announce(integration.id)
        noticing.follow(integration.id)
        noticing.follow(integration.id)
    assert len(titles()) - before <= 1
    assert titles() == ["Sentry needs attention"]


def test_the_database_keeps_a_second_open_episode_out(working, integration) -> None:
    def open_one() -> None:
        with write():
            db.session.add(
                Notice(integration_id=integration.id, began_at=NOW, opened_at=NOW, told_at=NOW)
            )

    open_one()
    with pytest.raises(IntegrityError):
        open_one()


@pytest.mark.parametrize("what", ["pause", "disable"])
def test_what_is_paused_or_disconnected_meanwhile_closes_without_a_word(
    working, cast, sandbox, what
) -> None:
    sandbox.misbehave("401", match=COUNTS, detail="Invalid token")
    live(NOW, after(15))
    stop = integrations.pause_integration if what == "pause" else disable_integration
    with clock.frozen(after(15)):
        stop(cast.acme.id, "sentry", "Sentry")
    sandbox.behave()
    live(after(15), after(60))
    assert titles() == ["Sentry needs attention"]
    assert not db.session.query(Notice).filter(Notice.closed_at.is_(None)).all()


def test_a_source_that_is_paused_meanwhile_closes_without_a_word(
    working,
    integration,
    cast,
    sandbox,
) -> None:
    broken = add_source(integration, cast, sandbox, "Payroll", error_project_key="4504")
    live(NOW, after(25))
    with clock.frozen(after(25)):
        service.pause_impact_source(db.session.get_one(ImpactSource, broken.id))
    live(after(25), after(40))
    assert titles() == ["Payroll of Shop gets no counts"]


def test_a_source_that_gets_counts_again_is_told(
    working,
    integration,
    cast,
    sandbox,
) -> None:
    broken = add_source(integration, cast, sandbox, "Payroll", error_project_key="4504")
    live(NOW, after(25))
    with write():
        row = db.session.get_one(ImpactSource, broken.id)
        row.error_project_key = db.session.get_one(ImpactSource, working.id).error_project_key
    live(after(25), after(60))
    assert titles()[1].startswith("Payroll of Shop gets counts again, after ")
    assert len(titles()) == 2


def test_a_source_that_fails_again_and_is_resumed_is_not_said_to_work(
    working, integration, cast, sandbox
) -> None:
    broken = add_source(integration, cast, sandbox, "Payroll", error_project_key="4504")
    live(NOW, after(25))
    told = titles()
    with clock.frozen(after(25)), write():
        row = db.session.get_one(ImpactSource, broken.id)
        row.collected_at = after(24)  # counts came in once, before it failed again
    with clock.frozen(after(26)):
        service.pause_impact_source(db.session.get_one(ImpactSource, broken.id))
        service.resume_impact_source(db.session.get_one(ImpactSource, broken.id))
    live(after(26), after(38))
    assert titles() == told


def test_another_organization_is_told_nothing(working, cast, sandbox, receiver) -> None:
    noticing.deliveries.channels.add_webhook(cast.globex.id, receiver.url, cast.outsider.id)
    acme_id = cast.acme.id
    sandbox.misbehave("401", match=COUNTS, detail="Invalid token")
    live(NOW, after(15))
    assert {each.organization_id for each in all_deliveries()} == {acme_id}


def test_a_message_about_many_sources_with_long_names_fits_a_chat(
    working,
    integration,
    cast,
) -> None:
    about = messages.About("acme", "sentry", "Sentry", "https://sleuth.test/" + "x" * 200)
    row = db.session.get_one(ImpactSource, working.id)
    row.name, row.last_error = "n" * 120, "e" * 2000
    told = messages.sources_need_attention(about, NOW, [row] * 500)
    db.session.rollback()
    assert len(told.title) + len(told.body) < 2000
    assert told.body.endswith(about.url)
    assert "and 492 more" in told.body
    assert (told.facts["impact_source_count"], len(told.facts["impact_sources"])) == (500, 100)


def test_nothing_is_said_to_work_again_because_somebody_paused_and_resumed(
    working, cast, sandbox
) -> None:
    sandbox.misbehave("503", match=COUNTS)
    live(NOW, after(16))
    assert titles() == ["Sentry needs attention"]
    with clock.frozen(after(16)):
        integrations.pause_integration(cast.acme.id, "sentry", "Sentry")
        integrations.resume_integration(cast.acme.id, "sentry", "Sentry")
    live(after(16), after(30))
    assert titles() == ["Sentry needs attention"]


def test_what_is_over_before_it_could_be_sent_is_told_to_nobody(working, cast, sandbox) -> None:
    sandbox.misbehave("401", match=COUNTS, detail="Invalid token")
    live(NOW, after(15), is_heard=False)
    sandbox.behave()
    live(after(15), after(60), is_heard=False)
    (opening,) = all_deliveries()
    assert (opening.state, opening.outcome) == ("failed", "It was over before it could be sent.")


def test_a_message_about_what_is_disabled_meanwhile_is_not_sent(working, cast, sandbox) -> None:
    sandbox.misbehave("401", match=COUNTS, detail="Invalid token")
    live(NOW, after(15), is_heard=False)
    with clock.frozen(after(15)):
        disable_integration(cast.acme.id, "sentry", "Sentry")
    live(after(15), after(16), is_heard=False)
    assert [each.state for each in all_deliveries()] == ["failed"]
