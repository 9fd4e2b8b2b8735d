"""What somebody at a dialog sees while a part of the product is down."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, expect

from plugins.sentry.sandbox import TOKENS
from tests.browser.newcomers import found
from tests.browser.product import Product
from tests.browser.visitor import Visitor
from tests.operations.processes import kill

pytestmark = [pytest.mark.browser, pytest.mark.queue]

QUIET_SECONDS = 20
"""After so long a page says that no worker takes up the job."""


def before_the_dialog(product: Product, browser: Browser, slug: str) -> Visitor:
    """Found an organization whose owner has pasted a token and not yet saved."""
    olga = found(product, browser, slug)
    olga.choose("Integrations")
    olga.leave_mark()
    olga.open("enable", within=card(olga))
    olga.dialog.get_by_label("Auth Token").fill(TOKENS["full"].value)
    return olga


def card(visitor: Visitor) -> Locator:
    """Return Sentry's card."""
    return visitor.page.get_by_role("region", name="Sentry")


def expect_success(olga: Visitor) -> None:
    """Wait for the dialog's happy end."""
    olga.expect_done("Sentry is connected")
    expect(card(olga)).to_contain_text("Sentry is connected")
    olga.expect_mark()
    olga.close()


def test_a_worker_that_is_killed_leaves_the_dialog_waiting_for_the_next(
    product: Product, browser: Browser
) -> None:
    olga = before_the_dialog(product, browser, "aperture")
    kill(product.find("sleuth.serve.crew")[0])
    olga.press("Save")
    expect(olga.dialog).to_contain_text("Checking the token with Sentry")
    expect_success(olga)


def test_a_queue_server_that_is_killed_has_forgotten_nothing_that_matters(
    product: Product, browser: Browser
) -> None:
    olga = before_the_dialog(product, browser, "tyrell")
    kill(product.find("queue.sock")[0])
    olga.press("Save")
    expect_success(olga)


def test_a_queue_that_hangs_is_named_after_a_while_and_then_all_goes_on(
    product: Product, browser: Browser
) -> None:
    olga = before_the_dialog(product, browser, "weyland")
    with stopped(product.find("queue.sock")[0]):
        olga.press("Save")
        notice = olga.dialog.get_by_text("No worker has taken this up yet.")
        expect(notice).to_be_visible(timeout=(QUIET_SECONDS + 20) * 1000)
        olga.picture("waiting-long")
    expect_success(olga)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Let a process stand still."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
