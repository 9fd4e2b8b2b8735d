"""``plugin new`` writes a plugin that works; ``plugin serve`` plays its tracker."""

from __future__ import annotations

import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from sleuth import cli
from sleuth.cli import plugin_serve
from sleuth.testing.checking import check
from sleuth.testing.finding import find
from sleuth.trackers import load
from tests.operations.ports import free_port

ROOT = Path(__file__).parent.parent.parent


def new(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["plugin", "new", *arguments])


def broken_rules(plugin: Path) -> list[str]:
    """Return what the contract check finds, and fail if it finds nothing to check."""
    outcomes = list(check(find(str(plugin)), ()))
    left_out = [outcome.words for outcome in outcomes if outcome.state == "not checked"]
    assert all("does not implement" in words for words in left_out), left_out
    return [f"{each.rule.number}: {each.words}" for each in outcomes if each.state == "failed"]


def test_a_single_file_keeps_every_rule_as_it_is_written(tmp_path: Path) -> None:
    result = new("my-tracker", "--dir", str(tmp_path / "plugins"))
    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "plugins").iterdir()) == [
        "_my_tracker_sandbox.py",
        "my_tracker.py",
    ]
    assert broken_rules(tmp_path / "plugins" / "my_tracker.py") == []


def test_the_product_offers_it_at_the_next_start(tmp_path: Path) -> None:
    new("my-tracker", "--dir", str(tmp_path))
    registry = load({"SLEUTH_PLUGINS_DIR": str(tmp_path)})
    assert registry.failures == []
    tracker = registry.trackers["my-tracker"]
    assert (tracker.info.name, tracker.origin.version) == ("My Tracker", "0.1")


def test_what_to_do_next_is_said(tmp_path: Path) -> None:
    output = new("my-tracker", "--dir", str(tmp_path)).output
    assert f"./run sleuth plugin check {tmp_path / 'my_tracker.py'}" in output
    assert f"SLEUTH_PLUGINS_DIR={tmp_path} ./run" in output


@pytest.mark.parametrize("folder", ["my-plugins", "elsewhere"])
def test_next_steps_hold_in_whatever_folder_they_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    output = new("my-tracker", *(["--dir", folder] if folder == "elsewhere" else [])).output
    assert f"plugin check {tmp_path / folder / 'my_tracker.py'}\n" in output
    assert f"plugin serve {tmp_path / folder / 'my_tracker.py'}\n" in output
    assert f"SLEUTH_PLUGINS_DIR={tmp_path / folder} ./run\n" in output
    assert [path.name for path in tmp_path.iterdir()] == [folder]


def test_a_single_file_and_a_package_are_not_asked_for_at_once(tmp_path: Path) -> None:
    result = new("mine", "--dir", str(tmp_path), "--package", str(tmp_path))
    assert result.exit_code == 1
    assert result.output == (
        "Error: Give --dir for a single file or --package for a package, not both.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_package_keeps_every_rule_in_its_own_tests(tmp_path: Path) -> None:
    assert new("my-tracker", "--package", str(tmp_path / "mine")).exit_code == 0
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "mine",
        env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout
    assert " passed" in process.stdout


def test_a_package_is_found_by_its_entry_point(tmp_path: Path) -> None:
    new("my-tracker", "--package", str(tmp_path))
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    assert project["name"] == "sleuth-my-tracker"
    assert project["dependencies"] == []
    assert project["entry-points"]["sleuth"] == {"my-tracker": "sleuth_my_tracker"}
    assert (tmp_path / "sleuth_my_tracker" / "__init__.py").is_file()


@pytest.mark.parametrize("layout", ["--dir", "--package"])
def test_nothing_of_the_skeleton_is_left_in_it(tmp_path: Path, layout: str) -> None:
    new("a1-b2", layout, str(tmp_path))
    for path in filter(Path.is_file, tmp_path.rglob("*")):
        text = path.read_text().lower()
        assert not any(name in text for name in ("tracker-name", "tracker_name", "tracker name"))


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "_mine_sandbox.py").write_text("# mine")
    result = new("mine", "--dir", str(tmp_path))
    assert result.exit_code == 1
    assert result.output == (
        f"Error: {tmp_path / '_mine_sandbox.py'} is there already; nothing was written.\n"
    )
    assert [path.read_text() for path in tmp_path.iterdir()] == ["# mine"]


@pytest.mark.parametrize("name", ["Mine", "my_tracker", "1st", "-x", "a--b", "../a", "a" * 41, ""])
def test_a_bad_name_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    result = new("--dir", str(tmp_path), "--", name)
    assert result.exit_code == 1
    assert "cannot be a plugin's name; take up to 40 lower-case letters" in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_a_bundled_plugin_is_refused(tmp_path: Path) -> None:
    result = new("example", "--dir", str(tmp_path))
    assert result.output == "Error: There is a plugin called example already.\n"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = new("mine", "--dir", str(tmp_path / "file" / "below"))
    assert result.exit_code == 1
    assert "cannot be written: Not a directory." in result.output


def test_its_tracker_can_be_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin_serve, "_wait", lambda: None)
    new("my-tracker", "--dir", str(tmp_path))
    path = str(tmp_path / "my_tracker.py")
    result = CliRunner().invoke(cli.main, ["plugin", "serve", path])
    assert f"export SLEUTH_PLUGINS_DIR={tmp_path}\n" in result.output
    assert "export SLEUTH_MY_TRACKER_URL=http://127.0.0.1:" in result.output
    assert "token my-tracker-0123456789  works" in result.output
    assert "token my-tracker-0000000000  is refused: expired" in result.output


def test_its_tracker_can_be_played_on_a_port_of_ones_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new("my-tracker", "--dir", str(tmp_path))
    port = free_port()
    authorized = {"Authorization": "Bearer my-tracker-0123456789"}
    answers = []

    def ask() -> None:
        answers.append(requests.get(f"http://127.0.0.1:{port}/me", headers=authorized, timeout=9))

    monkeypatch.setattr(plugin_serve, "_wait", ask)
    path = str(tmp_path / "my_tracker.py")
    result = CliRunner().invoke(cli.main, ["plugin", "serve", path, "--port", str(port)])
    assert f"export SLEUTH_MY_TRACKER_URL=http://127.0.0.1:{port}\n" in result.output
    assert (answers[0].status_code, answers[0].json()["name"]) == (200, "Ada")


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    new("my-tracker", "--dir", str(tmp_path))
    path = str(tmp_path / "my_tracker.py")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        result = CliRunner().invoke(cli.main, ["plugin", "serve", path, "--port", port])
    assert result.exit_code == 1
    assert result.output == f"Error: Port {port} cannot be listened on: Address already in use.\n"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [(None, "There is no plugin"), ("", "has no sandbox"), ("raise OSError", "cannot be imported")],
)
def test_what_cannot_be_played_says_why(tmp_path: Path, source: Any, sentence: str) -> None:
    if source is not None:
        (tmp_path / "mine.py").write_text(source)
    result = CliRunner().invoke(cli.main, ["plugin", "serve", str(tmp_path / "mine.py")])
    assert result.exit_code == 1
    assert sentence in result.output
