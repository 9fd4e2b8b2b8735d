"""The product as its users meet it: real processes, a real browser, time that goes on."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.product import Product
from tests.browser.visitor import PATIENCE_SECONDS

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@pytest.fixture(autouse=True)
def frozen_clock() -> None:
    """Here time goes on, as it does in the browser and in the product's processes."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember which step of a journey failed; show the product's log beside a failure."""
    report = yield
    journey = item.funcargs.get("journey")
    if report.failed and journey is not None:
        journey.failed_step = journey.failed_step or item.name
        report.sections.append(("Log of the product", journey.product.log.read_text()[-2000:]))
    return report


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Product]:
    """One product for all tests that are no journeys; they share it as strangers would."""
    with Product(tmp_path_factory.mktemp("product")) as running:
        yield running
