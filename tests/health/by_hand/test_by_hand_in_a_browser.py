"""By hand, in Chromium: set, answer, undo, with a mouse, a keyboard, and without scripts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from sleuth import clock
from sleuth.accounts import audit
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.models import Verdict
from sleuth.health.placebo.models import Placebo
from sleuth.impact.models import ImpactSource
from tests.dashboard.conftest import served
from tests.dashboard.test_in_a_browser import deploy_named, enter, frozen_clock, told

__all__ = ["enter", "frozen_clock", "served", "told"]

pytestmark = pytest.mark.browser


@pytest.fixture
def bad(told) -> str:
    """Public id of a deploy of the first page that was judged unhealthy."""
    ids = [each.id for each in told.deploys[:20]]
    verdict = select(Verdict).where(Verdict.deploy_id.in_(ids), Verdict.health == "unhealthy")
    return db.session.scalars(verdict).first().deploy.public_id


def test_a_health_is_set_and_taken_back_by_keyboard(enter, bad) -> None:
    page = enter(viewport={"width": 390, "height": 844})
    card = deploy_named(page, bad)
    card.get_by_role("link", name="Set the health by hand").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("^Healthy")).check()
    dialog.get_by_label("Reason").fill("A load test.")
    dialog.get_by_role("button", name="Set health").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(card).to_contain_text("Healthy, set by Dora")
    expect(card).to_contain_text("A load test.")
    expect(card.get_by_role("link", name="Set the health by hand")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    card.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(card).not_to_contain_text("set by Dora")
    expect(card.get_by_role("link", name="Set the health by hand")).to_be_focused()


def test_who_sets_a_health_sees_it_counted_and_chosen_at_once(enter, bad, served) -> None:
    page = enter()
    page.goto(f"{served}/o/acme/?health=unhealthy&range=30d")
    worse = page.locator(".trend-line")
    count = int(re.search(r"(\d+) made errors worse", worse.inner_text())[1])
    card = page.locator(f"#deploy-{bad}")
    card.get_by_role("link", name="Set the health by hand").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("^Healthy")).check()
    dialog.get_by_label("Reason").fill("A load test.")
    dialog.get_by_role("button", name="Set health").click()
    expect(card).to_have_count(0)
    expect(worse).to_contain_text(f"; {count - 1 or 'none'} made errors worse")


def test_what_was_set_before_stays_open_when_another_is_set(enter, bad, served) -> None:
    page = enter()
    page.goto(f"{served}/o/acme/deploys/{bad}")
    for health in ("Healthy", "Ailing", "Improved"):
        page.get_by_role("link", name="Set the health by hand").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("radio", name=re.compile(f"^{health}")).check()
        dialog.get_by_label("Reason").fill("A load test.")
        dialog.get_by_role("button", name="Set health").click()
        expect(page.locator(".by-hand-words")).to_contain_text(health)
        if health == "Ailing":
            page.locator("summary", has_text="Set by hand before").click()
    expect(page.locator("#set-before li")).to_have_count(2)
    expect(page.locator("#set-before li").first).to_be_visible()


def test_the_keyboard_stays_where_it_answered(enter, bad) -> None:
    page = enter()
    box = deploy_named(page, bad).locator(".was-right").first
    yes, no = (box.get_by_role("button", name=name, exact=True) for name in ("Yes", "No"))
    yes.press("Enter")
    expect(yes).to_have_attribute("aria-pressed", "true")
    expect(yes).to_be_focused()
    no.press("Enter")
    expect(no).to_have_attribute("aria-pressed", "true")
    expect(no).to_be_focused()
    box.get_by_label("What was it?").select_option(label="It was healthy")
    box.get_by_role("button", name="Save").press("Enter")
    expect(box.locator("summary", has_text="It was healthy")).to_be_focused()
    box.get_by_role("button", name="Withdraw").press("Enter")
    expect(no).to_have_attribute("aria-pressed", "false")
    expect(no).to_be_focused()


def test_what_it_was_is_asked_at_once_and_not_with_every_page(enter, bad) -> None:
    page = enter()
    box = deploy_named(page, bad).locator(".was-right").first
    box.get_by_role("button", name="No", exact=True).click()
    expect(box.get_by_label("What was it?")).to_be_visible()
    page.reload()
    expect(box.locator("summary", has_text="What was it?")).to_be_visible()
    expect(box.get_by_label("What was it?")).to_be_hidden()


def test_a_no_is_explained_on_the_card(enter, bad) -> None:
    page = enter()
    card = deploy_named(page, bad)
    answer(card.locator(".was-right").first)
    expect(card.get_by_text("It was healthy: Cron.")).to_be_visible()


def answer(box, *, is_shut: bool = False) -> None:
    box.get_by_role("button", name="No", exact=True).click()
    expect(box.get_by_role("button", name="No", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    if is_shut:
        box.locator("summary", has_text="What was it?").click()
    box.get_by_label("What was it?").select_option(label="It was healthy")
    box.get_by_label("Note (optional)").fill("Cron.")
    box.get_by_role("button", name="Save").click()


def test_without_scripts_all_of_it_works(enter, bad, served) -> None:
    page: Page = enter(java_script_enabled=False)
    page.goto(f"{served}/o/acme/deploys/{bad}")
    page.get_by_role("link", name="Set the health by hand").click()
    page.get_by_role("radio", name=re.compile("^Healthy")).check()
    page.get_by_label("Reason").fill("A load test.")
    page.get_by_role("button", name="Set health").click()
    expect(page.get_by_text("set by Dora")).to_be_visible()
    answer(page.locator(".was-right").first, is_shut=True)
    expect(page.get_by_text("It was healthy: Cron.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("set by Dora").first).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_of_verdicts_fits(enter, told, served, bad, width: int, scheme: str) -> None:
    source = db.session.scalars(select(ImpactSource.id)).first()
    with write():
        for month, flagged in (("2026-11", 4), ("2026-10", 9)):
            db.session.add(
                Placebo(
                    impact_source_id=source,
                    month=month,
                    sensitivity="normal",
                    tried=60,
                    flagged=flagged,
                )
            )
    page = enter(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.goto(f"{served}/o/acme/verdicts")
    expect(page.get_by_role("heading", name="How often verdicts are right")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def change(deploy_id: str) -> None:
    """Let something else of a deploy change, as a job does."""
    with write():
        deploy = db.session.scalars(select(Deploy).where(Deploy.public_id == deploy_id)).one()
        deploy.branch = "renamed"
        audit.publish(deploy.organization_id, "deployChanged", deploy.public_id)


def test_what_is_half_typed_and_open_stays_when_the_deploy_changes(enter, bad) -> None:
    page = enter()
    card = deploy_named(page, bad)
    box = card.locator(".was-right").first
    box.get_by_role("button", name="No", exact=True).click()
    expect(box.get_by_role("button", name="No", exact=True)).to_be_focused()
    box.get_by_label("What was it?").select_option(label="It was healthy")
    note = box.get_by_label("Note (optional)")
    note.fill("Half a sen")
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        change(bad)
    expect(card).to_contain_text("renamed", timeout=10_000)
    expect(note).to_be_visible()
    expect(note).to_be_focused()
    expect(note).to_have_value("Half a sen")
    expect(box.get_by_label("What was it?")).to_have_value("healthy")
    note.press_sequentially("tence")
    box.get_by_role("button", name="Save").click()
    expect(box.get_by_text("It was healthy: Half a sentence")).to_be_visible()
