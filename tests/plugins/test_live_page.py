"""The live check of docs/plugins/live-checks.md, beside the plugin that ``plugin new`` writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from sleuth import cli, clock
from sleuth.testing.finding import find

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "plugins" / "live-checks.md").read_text(encoding="utf-8")


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Write the skeleton, and the page's check beside it."""
    CliRunner().invoke(cli.main, ["plugin", "new", "my-tracker", "--dir", str(tmp_path)])
    (snippet,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "_my_tracker_live.py").write_text(snippet)
    monkeypatch.syspath_prepend(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("sys.dont_write_bytecode", True)
        yield tmp_path / "my_tracker.py"


def test_it_finds_what_it_assumes_with_the_token_that_is_given(plugin: Path) -> None:
    sandbox = find(str(plugin)).sandbox
    with sandbox.serve(clock.now) as url:
        arguments = ["plugin", "check", str(plugin), "--live", "--json", "--pause", "0"]
        result = CliRunner().invoke(
            cli.main,
            [*arguments, "--setting", f"url={url}"],
            input=f"{sandbox.credentials['token']}\n",
        )
    (row,) = json.loads(result.stdout)["results"]
    assert (result.exit_code, row["verdict"]) == (0, "as assumed"), row
    assert row["seen"][0].startswith("200, {complete_until: text, minutes: list (")


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.usefixtures("plugin")
def test_a_refusal_leaves_the_question_open(status: int) -> None:
    def get(url: str, **_rest: Any) -> SimpleNamespace:
        if url.endswith("/projects"):
            return SimpleNamespace(status=200, json=lambda: {"projects": [{"id": "shop"}]})
        return SimpleNamespace(status=status, json=dict)

    tracker = SimpleNamespace(
        http=SimpleNamespace(get=get),
        settings={"url": ""},
        credentials={"token": ""},
        now=clock.now(),
    )
    found = import_module("_my_tracker_live").unknown_environment(tracker)
    assert (found.verdict.value, found.because) == (
        "could not be found out",
        f"this token may not read counts ({status})",
    )
