"""An administrator adds a webhook and sends a test to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.newcomers import found
from tests.browser.product import Product
from tests.browser.visitor import Visitor
from tests.notifications.receiver import Receiver
from tests.notifications.test_deliveries import is_signed

pytestmark = [pytest.mark.browser, pytest.mark.queue]


class ProductThatMayCallItself(Product):
    """A product whose operator has named this machine as a host that may be called."""

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment of the product and of its commands."""
        return super().environ(SLEUTH_WEBHOOK_HOSTS="http://127.0.0.1", **more)


@pytest.fixture(scope="module")
def permissive(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[ProductThatMayCallItself]:
    """The running product."""
    with ProductThatMayCallItself(tmp_path_factory.mktemp("permissive")) as running:
        yield running


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def olga(
    request: pytest.FixtureRequest, permissive: ProductThatMayCallItself, browser: Browser
) -> Iterator[Visitor]:
    """The owner of a new organization."""
    slug = "hooli" if request.param else "hooli-plain"
    with_scripts = found(permissive, browser, slug)
    if request.param:
        yield with_scripts
        with_scripts.close()
        return
    with_scripts.close()
    visitor = Visitor(browser, permissive.url, name=slug, has_scripts=False)
    visitor.sign_in(f"olga@{slug}.test", "correct horse battery")
    yield visitor
    visitor.close()


def test_a_webhook_is_added_and_tested(olga: Visitor) -> None:
    with Receiver() as receiver:
        olga.choose("Settings")
        olga.page.get_by_role("link", name="Notifications", exact=True).click()
        olga.open("Add webhook")
        olga.dialog.get_by_label("URL").fill("https://10.0.0.1/hook")
        olga.press("Add")
        expect(olga.dialog).to_contain_text("10.0.0.1 is not a public address")
        olga.dialog.get_by_label("URL").fill(receiver.url)
        olga.press("Add")
        code = olga.dialog.locator("code")
        expect(code).to_contain_text("whsec_")
        secret = re.findall(r"whsec_[\w+/=]+", code.inner_text())[0]
        olga.picture("secret")
        olga.dialog.get_by_role("link", name="Done").click()
        expect(olga.page.get_by_role("region", name="Channels")).to_contain_text("127.0.0.1")
        olga.leave_mark()
        olga.page.get_by_role("button", name="Send a test").click()
        sent = olga.page.get_by_role("region", name="Deliveries").get_by_text(
            "The webhook answered 204."
        )
        olga.wait_for(sent)
        olga.expect_mark()
        olga.picture("sent")
        (request,) = receiver.requests
    assert is_signed(secret, request)
    assert "s3cret-path" not in olga.page.content()
