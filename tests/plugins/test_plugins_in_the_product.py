"""Plugins that are not Sentry's, through the pages and jobs that every tracker goes through."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from plugins.example.sandbox import TOKEN, ExampleServer
from sleuth import clock
from sleuth.extensions import db
from sleuth.impact.models import ErrorCount, ImpactSource
from sleuth.integrations.models import Integration

HTMX = {"HX-Request": "true"}
INTEGRATIONS = "/o/acme/integrations"
CARDS = f"{INTEGRATIONS}/error-trackers"
ADD = "/o/acme/projects/shop/impact/add/example"


@pytest.fixture(scope="module")
def example() -> Iterator[ExampleServer]:
    with ExampleServer(now=clock.now) as started:
        threading.Thread(target=started.serve_forever, args=(0.01,), daemon=True).start()
        yield started
        started.shutdown()


@pytest.fixture
def settings(settings: dict[str, Any], example: ExampleServer, tmp_path: Path) -> dict[str, Any]:
    """Beside the bundled plugins, the dummy and one that raises on import."""
    dummies = Path(__file__).parent.parent / "dummies"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "dummy.py").symlink_to(dummies / "dummy.py")
    (tmp_path / "own" / "explosive.py").write_text("raise RuntimeError('<b>boom</b>')")
    return {
        **settings,
        "SLEUTH_EXAMPLE_URL": example.url,
        "SLEUTH_PLUGINS_DIR": str(tmp_path / "own"),
    }


@pytest.fixture
def developer(sign_in: Callable[[str], FlaskClient], queued: list[Any]) -> FlaskClient:
    return sign_in("developer")


@pytest.fixture
def connect(developer: FlaskClient, run_jobs: Callable[[], int]) -> Callable[..., str]:
    """Enable a tracker as a user does, and return what the dialog says in the end."""

    def enable(provider: str, **credentials: str) -> str:
        url = f"{INTEGRATIONS}/{provider}/enable"
        answer = developer.post(url, data=credentials)
        run_jobs()
        return developer.get(answer.location, follow_redirects=True).text

    return enable


def test_every_plugin_has_a_card_and_a_broken_one_says_why(
    sign_in: Callable[[str], FlaskClient],
) -> None:
    page = sign_in("administrator").get(CARDS).text
    for sentence in ("Enable Example to see", "Enable Dummy to see", "failed to load"):
        assert sentence in page
    assert "It raised RuntimeError: &lt;b&gt;boom&lt;/b&gt; (" in page


def test_a_strangers_token_is_refused_in_the_words_of_the_plugin(
    connect: Callable[..., str],
) -> None:
    assert "Example does not know this token." in connect("example", token="a-strangers-token")


def test_a_strangers_plugin_is_connected_and_counts(
    connect: Callable[..., str], developer: FlaskClient, run_jobs: Callable[[], int]
) -> None:
    connect("example", token=TOKEN)
    assert "Example is connected" in developer.get(CARDS).text
    entered = {
        "name": "Shop errors",
        "own_environment": "production",
        "tracker_project": ":shop",
        "tracker_environment": "",
    }
    developer.post(ADD, data=entered, headers=HTMX)
    run_jobs()
    source = db.session.scalars(select(ImpactSource)).one()
    assert source.error_environment is None, "left empty, all environments are counted"
    assert source.last_error == ""
    assert db.session.scalar(select(func.count()).select_from(ErrorCount)) > 0


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("raises", "This is a fault of the plugin, not of your settings; the log of the server"),
        ("exits", "The Dummy plugin failed in sleuth_validate_token: "),
        ("answers yes as text", "TokenCheck.ok is str, not bool"),
        ("refuses", "No way, [hidden]."),
    ],
)
def test_whatever_a_hook_does_the_dialog_says_it_and_nothing_is_connected(
    connect: Callable[..., str], developer: FlaskClient, mode: str, sentence: str
) -> None:
    page = connect("dummy", token="s3cret/token+0123456789", mode=mode)
    assert sentence in page
    assert "s3cret" not in page
    db.session.rollback()
    assert db.session.scalars(select(Integration)).all() == []
    assert developer.get(CARDS).status_code == 200
