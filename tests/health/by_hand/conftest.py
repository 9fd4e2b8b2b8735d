"""What the tests of overrides and answers share: a judged deploy, and people who say something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sleuth.deploys.models import Deploy
from sleuth.extensions import write
from sleuth.health.models import Verdict
from tests.dashboard import seed
from tests.dashboard.conftest import HTMX, Shop, counting, read, sentry, shop, visitor

__all__ = ["counting", "read", "sentry", "shop", "visitor"]

Post = Callable[..., TestResponse]


@pytest.fixture
def bad(shop: Shop, sentry: Any) -> Deploy:
    """A deploy that was judged unhealthy."""
    with write():
        source = seed.add_source(sentry, shop.production)
        deploy = seed.add_deploy(shop.web)
        seed.add_verdict(deploy, source, "unhealthy")
    return deploy


@pytest.fixture
def verdict(bad: Deploy) -> Verdict:
    """The verdict on it."""
    return bad.verdicts[0]


@pytest.fixture
def post(sign_in: Callable[[str], FlaskClient]) -> Post:
    """Post to a path below Acme's pages: ``post("/path", who="owner", field="value")``."""
    browsers: dict[str, FlaskClient] = {}

    def send(path: str, *, who: str = "developer", htmx: bool = True, **form: Any) -> TestResponse:
        browser = browsers.setdefault(who, sign_in(who))
        return browser.post(f"/o/acme{path}", data=form, headers=HTMX if htmx else {})

    return send
