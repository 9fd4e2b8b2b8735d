"""Another sensitivity is looked at before it holds, with JavaScript and without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from sleuth.accounts.models import Organization
from sleuth.extensions import db, write
from sleuth.health.service import assess_deploy
from sleuth.impact import series
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Project
from tests.browser.newcomers import PASSWORD, found
from tests.browser.product import Product
from tests.browser.visitor import NARROW, WIDE, Visitor
from tests.dashboard import seed

pytestmark = pytest.mark.browser
DAY = timedelta(days=1)
NUMBERS = count()


@pytest.fixture(params=["scripted", "plain"])
def olga(request: pytest.FixtureRequest, product: Product, browser: Browser) -> Iterator[Visitor]:
    """The owner of an organization that deployed thrice, the last time badly."""
    slug = f"replay-{request.param}-{next(NUMBERS)}"
    visitor = found(product, browser, slug)
    with product.inside():
        for deploy_id in deploy_thrice(slug):
            assess_deploy(deploy_id)
    if request.param == "plain":
        visitor.close()
        visitor = Visitor(browser, product.url, name=slug, has_scripts=False)
        visitor.sign_in(f"olga@{slug}.test", PASSWORD)
    visitor.go(f"/o/{slug}/projects/web-shop")
    yield visitor
    visitor.close()


def deploy_thrice(slug: str) -> list[int]:
    """Let three deploys happen, and ten days of counts; nothing more is collected."""
    now = datetime.now(UTC)
    until = int(now.timestamp()) // 60 * 60
    bad = until - 2 * 86_400
    with write():
        organization = db.session.scalars(select(Organization).filter_by(slug=slug)).one()
        project = db.session.scalars(
            select(Project).filter_by(organization_id=organization.id)
        ).one()
        source: ImpactSource = seed.add_source(
            seed.add_integration(project),
            project.default_environment,
            paused_at=now,
            created_at=now - 20 * DAY,
            judges_from=now - 20 * DAY,
            complete_until=datetime.fromtimestamp(until, UTC),
        )
        points = [
            (at, 30 if at >= bad and at < bad + 14_400 else 3)
            for at in range(until - 10 * 86_400, until, 60)
        ]
        since = until - 10 * 86_400
        series.replace_counts([series.Replacement(source.id, since, until, points)])
        web = seed.add_deployment(project, "Web")
        moments = {days: datetime.fromtimestamp(until - days * 86_400, UTC) for days in (5, 4, 2)}
        return [
            seed.add_deploy(web, revision=f"r{days}", deployed_at=at).id
            for days, at in moments.items()
        ]


def test_a_sensitivity_is_looked_at_and_then_applied(olga: Visitor) -> None:
    olga.open("Change")
    olga.dialog.get_by_label("Coarse").check()
    olga.press("Save")
    olga.wait_for(olga.dialog.get_by_text("Compared with now"))
    expect(olga.dialog).to_contain_text("Sensitivity Coarse instead of Normal: Of 3 deploys:")
    expect(olga.dialog.get_by_role("link", name="Web r2")).to_be_visible()
    olga.page.set_viewport_size(NARROW)
    assert olga.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    olga.page.set_viewport_size(WIDE)
    olga.picture("replay")
    olga.press("Apply, and judge these again")
    olga.expect_done("3 deploys are being judged again.")
    expect(olga.page.get_by_text("Coarse", exact=True)).to_be_visible()
    project = olga.page.url
    olga.go(project.split("/projects/")[0] + "/")
    olga.page.get_by_role("link", name="r2").first.click()
    olga.wait_for(olga.page.get_by_text("judged again by Olga Owner"))


def test_whoever_gives_up_changes_nothing(olga: Visitor) -> None:
    olga.open("Change")
    olga.dialog.get_by_label("Fine").check()
    olga.press("Save")
    olga.wait_for(olga.dialog.get_by_text("Compared with now"))
    olga.press("Cancel")
    expect(olga.page.get_by_text("Normal", exact=True)).to_be_visible()
