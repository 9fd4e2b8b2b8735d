"""A demo as ``./run demo`` sets it up, over the stand-in for sentry.io."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sleuth import demo as the_demo
from sleuth.accounts.models import Organization, Role
from sleuth.demo import service


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Configuration of a demo."""
    return {**settings, "SLEUTH_DEMO": True}


@pytest.fixture
def demo(sandbox: Any, app: Flask, queued: list[Any]) -> Organization:
    """The demo's organization, before any job has run."""
    the_demo.prepare(app)
    organization = service.find_demo()
    assert organization is not None
    return organization


@pytest.fixture
def enter(app: Flask, demo: Organization) -> Callable[[str], FlaskClient]:
    """Return a browser signed in as one of the demo's people, by role."""

    def browser(role: str) -> FlaskClient:
        person = service.find_member(demo.id, Role(role))
        return app.test_client(user=person)

    return browser
