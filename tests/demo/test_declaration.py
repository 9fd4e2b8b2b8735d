"""The demo's tracker is declared by a plugin; the host knows none by name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sleuth.accounts.models import Organization
from sleuth.config import ROOT, SettingError
from sleuth.demo import declaration
from sleuth.serve import demo as starting
from sleuth.trackers import load

DECLARED = ROOT / "plugins" / "sentry" / "sandbox" / "demo.toml"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout without plugins."""
    declaration.current.cache_clear()
    monkeypatch.setattr(declaration, "ROOT", tmp_path)
    yield tmp_path
    declaration.current.cache_clear()


def test_the_tracker_that_is_declared_is_a_plugin_with_that_setting() -> None:
    tracker = declaration.current()
    plugin = load({}).trackers[tracker.provider]
    assert plugin.info.name == tracker.name
    assert tracker.url_setting == f"SLEUTH_{tracker.provider.upper()}_URL"
    assert "url" in plugin.settings
    assert set(tracker.credentials) <= {field.name for field in plugin.info.credential_fields}


def test_no_two_situations_share_a_name() -> None:
    tracker = declaration.current()
    assert len(tracker.situations) == sum(len(each.situations) for each in tracker.groups) == 15


def test_pages_name_the_tracker_as_it_is_declared(
    demo: Organization, enter: Callable[[str], FlaskClient]
) -> None:
    page = enter("owner").get("/o/lumen-works/demo/situations").text
    assert "errors come from a stand-in for Sentry" in page
    assert "token <code>sntryu_demo</code>" in page
    assert "the card of Sentry" in page


def test_neither_the_supervisor_nor_the_web_server_imports_a_stand_in() -> None:
    program = (
        "import sys; from sleuth.factory import create_app; from sleuth.serve import demo;"
        "create_app({'SLEUTH_DEMO': True, 'SLEUTH_SECRET_KEY': 'x'}); demo.environ({});"
        "assert 'plugins.sentry' in sys.modules;"
        "assert 'plugins.sentry.sandbox' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("provider = ", "demo.toml does not declare a demo"),
        ("groups = []\ntokens = []\nprovider = 'sentry'", "does not declare a demo"),
        ("groups = [{title = 'One'}]", "does not declare a demo"),
    ],
)
def test_a_declaration_that_lacks_something_is_said_in_a_sentence(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "demo.toml"
    path.write_text(text)
    with pytest.raises(SettingError, match=words):
        declaration.read(path)


def test_without_a_stand_in_there_is_no_demo(elsewhere: Path) -> None:
    with pytest.raises(SettingError, match="no plugin brings a stand-in"):
        starting.environ({})


def test_another_tracker_may_stand_in(elsewhere: Path) -> None:
    folder = elsewhere / "plugins" / "other" / "sandbox"
    folder.mkdir(parents=True)
    text = DECLARED.read_text().replace("SLEUTH_SENTRY_URL", "SLEUTH_OTHER_URL")
    (folder / "demo.toml").write_text(text.replace("plugins.sentry", "plugins.other"))
    found = starting.environ({"SLEUTH_SANDBOX_PORT": "8888"})
    assert found["SLEUTH_OTHER_URL"] == "http://127.0.0.1:8888"
    assert "plugins.other.sandbox" in starting.children(found)[0].command
