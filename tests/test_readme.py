"""What the README and the map of the documentation say is so: commands, links, pictures."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from configparser import ConfigParser
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner
from flask import Flask

from sleuth import __version__, cli
from sleuth.accounts.models import TokenType
from sleuth.accounts.tokens import create_token
from sleuth.deploys.service import create_code_deployment
from sleuth.serve import __main__ as start
from sleuth.trackers import current
from tests.conftest import Cast

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
MOST_BYTES = 300_000
EXTERNAL = ("http://", "https://", "mailto:", "#")


def shell_commands(page: Path, program: str) -> Iterator[list[str]]:
    """Yield the words of each command that runs a program, from the page's shell blocks."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.split(" ")[0] == program:
                yield shlex.split(line, comments=True)


def links(page: Path) -> Iterator[str]:
    """Yield what the page links to or shows."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", text)
    yield from re.findall(r'(?:src|srcset)="([^"]+)"', text)


def anchors(page: Path) -> set[str]:
    """Return the fragments that headings of the page can be reached by."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each).strip().lower().replace(" ", "-") for each in headings}


def script(path: str) -> Any:
    """Return a script of this repository as a module."""
    loader = SourceFileLoader(f"{Path(path).stem}_of_the_readme", str(ROOT / path))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def test_every_command_of_the_start_script_exists() -> None:
    known = script("run").COMMANDS
    commands = list(shell_commands(README, "./run"))
    assert ["./run"] in commands
    assert ["./run", "demo"] in commands
    for words in commands:
        assert len(words) == 1 or words[1] in known, words


def test_the_demo_takes_the_option_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "`./run demo --reset`" in README.read_text()
    seen: list[dict[str, bool]] = []
    monkeypatch.setattr(start, "run", lambda *_, **options: seen.append(options) or 0)
    start.main(["--demo", "--reset"])
    assert seen == [{"is_demo": True, "is_reset": True}]


@pytest.mark.parametrize("document", PAGES, ids=lambda each: each.name)
def test_every_administrators_command_exists(document: Path) -> None:
    for words in shell_commands(document, "./run"):
        if words[1:2] == ["sleuth"]:
            is_group = isinstance(cli.main.commands[words[2]], click.Group)
            help_text = CliRunner().invoke(cli.main, [*words[2 : 4 if is_group else 3], "--help"])
            assert help_text.exit_code == 0, words
            assert all(word in help_text.output for word in words if word.startswith("--")), words


def test_the_request_that_registers_a_deploy_is_answered_with_success(
    app: Flask, cast: Cast, queued: list[Any]
) -> None:
    create_code_deployment(cast.project.id, "Web")
    token = create_token(cast.acme.id, "Pipeline", TokenType.REGISTER_DEPLOY).raw
    (words,) = shell_commands(README, "curl")
    url = words[words.index("POST") + 1].removeprefix("http://127.0.0.1:8000")
    name, _, value = words[words.index("-H") + 1].partition(": ")
    assert words[words.index("-d") + 1] == "sha=$(git rev-parse HEAD)"
    answer = app.test_client().post(
        url, headers={name: value.replace("TOKEN", token)}, data={"sha": "b450349"}
    )
    assert (answer.status_code, answer.text.strip()) == (200, "Success")


@pytest.mark.parametrize("document", PAGES, ids=lambda each: each.name)
def test_every_command_about_plugins_exists(document: Path) -> None:
    for words in shell_commands(document, "./run"):
        if words[1:3] == ["sleuth", "plugin"]:
            assert words[3] in cli.plugin.commands, words


def test_the_readmes_plugin_is_written_and_keeps_every_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    commands = [words for words in shell_commands(README, "./run") if words[2:3] == ["plugin"]]
    assert [words[3] for words in commands] == ["new", "check"]
    for words in commands:
        result = CliRunner().invoke(cli.main, words[2:])
        assert result.exit_code == 0, result.output
    assert ", 0 failed" in result.output


@pytest.mark.parametrize("document", PAGES, ids=lambda each: each.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in links(document):
        if link.startswith(EXTERNAL):
            continue
        name, _, fragment = link.partition("#")
        target = (document.parent / name).resolve()
        assert target.exists(), link
        assert not fragment or fragment in anchors(target), link


def test_the_map_leads_to_every_page() -> None:
    here = ROOT / "docs"
    listed = {(here / link).resolve() for link in links(here / "index.md")}
    pages = {page.resolve() for page in here.rglob("*.md")} - {(here / "index.md").resolve()}
    assert pages <= listed


def test_pictures_are_small_enough_to_be_loaded_at_once() -> None:
    pictures = [link for link in links(README) if link.endswith(".png")]
    assert len(pictures) == 4  # two, in light and dark
    for each in pictures:
        assert (ROOT / each).stat().st_size < MOST_BYTES


def test_the_pictures_that_are_shown_are_those_that_are_taken() -> None:
    shown = {Path(link).name for page in PAGES for link in links(page) if link.endswith(".png")}
    kept = {path.name for path in (ROOT / "docs" / "images").iterdir()}
    assert script(".ci/pictures.py").names() == shown == kept


def test_without_chromium_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pictures = script(".ci/pictures.py")
    monkeypatch.setattr(pictures.shutil, "which", lambda _name: None)
    playwright = SimpleNamespace(chromium=SimpleNamespace(executable_path=str(tmp_path / "no")))
    with pytest.raises(pictures.PicturesError, match=r"^Pictures need Chromium: install [^.]+"):
        pictures.chromium(playwright)


def test_the_scopes_are_those_that_sentry_is_asked_for(app: Flask) -> None:
    text = README.read_text()
    assert all(f"`{scope}`" in text for scope in current().trackers["sentry"].info.token_scopes)


def test_every_dependency_has_a_reason() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    required = setup["options"]["install_requires"].split()
    extras = setup["options.extras_require"]
    names = {re.split(r"[^\w-]", each)[0] for each in required}
    optional = {re.split(r"[^\w-]", extras[each].split()[0])[0] for each in ("postgres", "queue")}
    changes = (ROOT / "CHANGELOG.md").read_text()
    reasons = set(re.findall(r"^\| ([\w-]+) \| .{10,} \|$", changes, re.MULTILINE))
    assert names <= reasons
    assert all(f"`{each}`" in changes for each in optional)


def test_every_vendored_package_has_a_reason() -> None:
    vendored = (ROOT / "static" / "vendor" / "LICENSES.md").read_text()
    packages = re.findall(r"^\| `[^|]+\| (?:@)?([\w-]+)", vendored, re.MULTILINE)
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert packages
    assert all(f"\n| {each} |" in changes for each in packages)


def test_the_changes_name_this_version() -> None:
    assert __version__ in (ROOT / "CHANGELOG.md").read_text()


def test_every_room_is_on_the_plan_of_the_house() -> None:
    plan = (ROOT / "docs" / "architecture.md").read_text()
    table = plan.split("## Rooms")[1].split("Inside a feature")[0]
    listed = set(
        re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`[^|]+)\|", table, re.MULTILINE)))
    )
    rooms = {path.stem for path in (ROOT / "sleuth").iterdir() if path.suffix in {"", ".py"}}
    assert listed == {room for room in rooms if not room.startswith("__")}
