"""Whatever a plugin does while it loads, the pages serve every other tracker and say it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

MISBEHAVING = Path(__file__).parent.parent / "dummies" / "misbehaving.py"
CARDS = "/o/acme/integrations/error-trackers"
ENABLE = "/o/acme/integrations/misbehaving/enable"
TOKEN = "a-token-that-is-long"
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def request_() -> str:
    """What is requested of the plugin while it loads."""
    return ""


@pytest.fixture
def settings(
    settings: dict[str, Any], request_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Beside the bundled plugins, the one that misbehaves."""
    monkeypatch.setenv("SLEUTH_MISBEHAVE", request_)
    (tmp_path / "own").mkdir()
    shutil.copy(MISBEHAVING, tmp_path / "own")
    return settings | {"SLEUTH_PLUGINS_DIR": str(tmp_path / "own")}


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ("raises", "It raised RuntimeError: boom"),
        ("exits", "It raised SystemExit: 3 ("),
        ("claims a slug", "Another plugin already has the slug sentry: sentry (bundled)."),
        ("is from the future", "It was written for version 99 of the plugin API"),
        (
            "misspells a hook",
            "does not know, sleuth_list_project. Did you mean sleuth_list_projects?",
        ),
        ("forgets hookimpl", "Is @hookimpl missing?"),
        ("answers 200 MB", "the answer of sleuth_tracker_info has more than 500000 items."),
    ],
)
def test_administrators_read_what_is_wrong_beside_every_other_tracker(
    sign_in: SignIn, sentence: str
) -> None:
    page = sign_in("administrator").get(CARDS).text
    assert sentence in page
    assert "Enable Sentry" in page
    assert sentence not in sign_in("observer").get(CARDS).text


@pytest.mark.parametrize("request_", ["answers escapes"])
@pytest.mark.parametrize("url", [CARDS, ENABLE, "/o/acme/settings/plugins"])
def test_no_page_shows_markup_or_what_a_terminal_obeys(sign_in: SignIn, url: str) -> None:
    html = sign_in("administrator").get(url).text
    assert "Misbehaving&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert "\x1b" not in html
    assert "\x07" not in html


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("raises", "The Misbehaving plugin failed in sleuth_validate_token: "),
        ("interrupts", "The Misbehaving plugin failed in sleuth_validate_token: "),
        ("exits", "The Misbehaving plugin failed in sleuth_validate_token: "),
        ("takes all memory", "The Misbehaving plugin failed in sleuth_validate_token: "),
        ("answers a number", "TokenCheck is int, not TokenCheck."),
        ("answers lazily", "TokenCheck is generator, not TokenCheck."),
        ("answers 200 MB", "has more than 500000 items. This is a fault of the plugin."),
        ("answers escapes", "No. &lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_whatever_a_hook_does_the_dialog_says_it(
    sign_in: SignIn, queued: list[Any], run_jobs: Callable[[], int], mode: str, sentence: str
) -> None:
    developer = sign_in("developer")
    answer = developer.post(ENABLE, data={"token": TOKEN, "mode": mode})
    run_jobs()
    page = developer.get(answer.location, follow_redirects=True).text
    assert sentence in page
    assert TOKEN not in page
