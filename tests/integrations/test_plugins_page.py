"""The page that tells administrators what became of every plugin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sleuth.trackers import LoadFailure, SkippedPlugin, Tracker
from sleuth.trackers.calls import Origin
from tests.dashboard.conftest import words

URL = "/o/acme/settings/plugins"


@pytest.fixture
def registry(app) -> Any:
    return app.extensions["sleuth_trackers"]


@pytest.fixture
def page(sign_in):
    return lambda: words(sign_in("administrator").get(URL).text)


def test_a_plugin_is_shown_with_origin_version_hooks_and_a_link_to_its_card(
    page, sign_in, registry
) -> None:
    shown = page()
    assert "name sentry from this Sleuth version 0.1.0 API version 1" in shown
    assert "all 5 required, 3 of 5 optional" in shown
    link = "/o/acme/integrations/error-trackers#integration-sentry"
    assert f'href="{link}"' in sign_in("administrator").get(URL).text


def test_nobody_is_told_that_it_works_before_somebody_has_seen_it(page) -> None:
    sentence = "nobody has reported a check against the real service yet"
    assert f"Built from documentation; {sentence}" in page()


def test_the_day_of_the_last_check_is_shown(page, registry) -> None:
    tracker: Tracker = registry.trackers["sentry"]
    tracker.info = replace(tracker.info, verified_on="2026-03-01")
    assert "Checked against the real service on 2026-03-01" in page()


def test_one_that_failed_says_why(page, registry) -> None:
    origin = Origin("rollbar", "/srv/plugins/rollbar.py", "2.0")
    error = "It hung for more than 10 s while being imported."
    registry.failures.append(LoadFailure("Rollbar", origin, 7, error))
    shown = page()
    assert "Rollbar failed to load" in shown
    assert "while being imported. The log of the server has the details." in shown
    assert "name rollbar from /srv/plugins/rollbar.py version 2.0 API version 7" in shown


def test_one_that_is_not_wanted_says_so(page, registry) -> None:
    origin = Origin("rollbar", "package sleuth-rollbar", "2.0")
    registry.skipped.append(SkippedPlugin(origin, "It is disabled by SLEUTH_DISABLED_PLUGINS."))
    assert "rollbar not loaded It is disabled by SLEUTH_DISABLED_PLUGINS." in page()


def test_what_plugins_say_is_text(sign_in, registry) -> None:
    origin = Origin("evil", "<script>alert(1)</script>", "")
    registry.failures.append(LoadFailure("<script>alert(2)</script>", origin, None, "\x1b[31mNo."))
    html = sign_in("administrator").get(URL).text
    assert "<script>alert" not in html
    assert "\x1b" not in html


def test_developers_are_not_let_in(sign_in) -> None:
    assert sign_in("developer").get(URL).status_code == 403
    assert "settings/plugins" not in sign_in("developer").get("/o/acme/settings").text
