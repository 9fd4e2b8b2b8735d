"""``./run sleuth plugin check``, as an author reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plugins import example
from sleuth.cli import main

EXAMPLE = Path(example.__file__).read_text()
Written = Callable[..., Path]


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["plugin", "check", *arguments])


def test_a_plugin_that_keeps_every_rule_is_told_so() -> None:
    result = check("example")
    assert result.exit_code == 0
    assert "C301  ok           401 is a permanent error about the credentials" in result.output
    assert "C904  not checked" in result.output
    assert "because the plugin does not implement sleuth_list_deploys" in result.output
    assert "0 failed" in result.output.splitlines()[-1]


def test_a_rule_that_fails_says_what_was_asked_what_came_and_what_was_expected(
    written: Written,
) -> None:
    path = written(EXAMPLE.replace("    429", "    428").replace("== 429", "== 428"))
    result = check(str(path), "--rule", "C304")
    assert result.exit_code == 1
    assert "C304  FAILED" in result.output
    assert "when the tracker answers with status 429, raised TrackerError(" in result.output
    assert "Expected TrackerError(permanent=False) with the reason rate_limited." in result.output
    assert "docs/plugins/rules.md#c304" in result.output


def test_a_program_reads_the_same(written: Written) -> None:
    path = written(EXAMPLE.replace("permanent=True", "permanent=False"))
    result = check(str(path), "--rule", "c301", "--rule", "C101", "--json")
    assert result.exit_code == 1
    loads, refused = json.loads(result.output)
    assert (loads["rule"], loads["state"]) == ("C101", "ok")
    assert (refused["rule"], refused["state"]) == ("C301", "failed")
    assert refused["page"] == "docs/plugins/rules.md#c301"


def test_a_plugin_that_ends_the_process_as_if_all_were_well_fails(written: Written) -> None:
    get = "    answer = tracker.http.get(\n"
    result = check(str(written(EXAMPLE.replace(get, f"    __import__('os')._exit(0)\n{get}"))))
    assert result.exit_code == 1
    assert "ended the process with status 0 while this was tried, in sleuth_" in result.output
    assert "3 failed, " in result.output.splitlines()[-1]


def test_a_rule_is_explained() -> None:
    result = check("--explain", "c606")
    assert result.exit_code == 0
    assert "The newest bucket still grows." in result.output


def test_a_rule_is_explained_to_programs() -> None:
    told = json.loads(check("--explain", "c606", "--json").output)
    assert (told["rule"], told["page"]) == ("C606", "docs/plugins/rules.md#c606")
    assert told["reason"].startswith("The newest bucket still grows.")


def test_one_rule_is_counted_as_one(written: Written) -> None:
    result = check(str(written()), "--rule", "C104")
    assert result.output.splitlines()[-1] == "1 rule: 1 ok, 0 failed."


def test_a_folder_of_plugins_says_which_are_in_it(written: Written) -> None:
    path = written()
    result = check(str(path.parent))
    assert result.exit_code == 1
    assert f"it has no __init__.py. Name a plugin in it: {path}." in result.output


def test_a_folder_without_plugins_says_so(tmp_path: Path) -> None:
    assert "There is none in it." in check(str(tmp_path)).output


def test_a_mistake_in_the_syntax_is_told_by_its_own_line(written: Written) -> None:
    path = written("import json\n\ndef broken(:\n")
    result = check(str(path))
    assert f"invalid syntax (line 3 of {path})." in result.output
    assert "sources.py" not in result.output


def test_a_slug_that_a_bundled_plugin_has_is_not_free(written: Written) -> None:
    path = written(EXAMPLE.replace('slug="example"', 'slug="sentry"'))
    result = check(str(path), "--rule", "C101")
    assert "C101  FAILED" in result.output
    assert "Another plugin already has the slug sentry: sentry (bundled)." in result.output


def test_a_slug_that_a_plugin_of_the_operator_has_is_not_free(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "operators"
    folder.mkdir()
    (folder / "theirs.py").write_text(
        "from sleuth import plugin_api\nSLUG = 'mine'\nplugin_api.TrackerInfo(slug=SLUG)\n"
    )
    monkeypatch.setenv("SLEUTH_PLUGINS_DIR", str(folder))
    result = check(str(written()), "--rule", "C101")
    assert f"Another plugin already has the slug mine: theirs ({folder}/theirs.py)" in result.output


def test_the_slug_of_a_disabled_plugin_is_free(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(EXAMPLE.replace('slug="example"', 'slug="sentry"'))
    monkeypatch.setenv("SLEUTH_DISABLED_PLUGINS", "other, sentry")
    assert check(str(path), "--rule", "C101").exit_code == 0


def test_a_plugin_that_is_installed_already_does_not_clash_with_itself(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "operators"
    folder.mkdir()
    path = written()
    (folder / "mine.py").write_text(path.read_text())
    monkeypatch.setenv("SLEUTH_PLUGINS_DIR", str(folder))
    assert check(str(path), "--rule", "C101").exit_code == 0


def test_a_sandbox_uses_what_its_plugin_has(written: Written) -> None:
    sandbox = (
        "import mine\nfrom plugins.example.sandbox import SANDBOX\n"
        "assert mine._get and mine.__name__ != 'mine'\n"
    )
    assert check(str(written(sandbox=sandbox)), "--rule", "C101").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "There is no plugin nowhere"),
        (["example", "--rule", "C9"], "There is no rule C9"),
        (["--explain", "C9"], "There is no rule C9"),
        ([], "Name a plugin, or the path of its file or folder."),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(arguments: list[str], words: str) -> None:
    result = check(*arguments)
    assert result.exit_code != 0
    assert words in result.output


def test_a_sandbox_that_cannot_be_served_is_said_in_a_sentence(written: Written) -> None:
    broken = (
        "from dataclasses import replace\nfrom plugins.example.sandbox import SANDBOX\n"
        "SANDBOX = replace(SANDBOX, serve=lambda clock: 1 / 0)"
    )
    result = check(str(written(sandbox=broken)))
    assert result.exit_code == 1
    assert "Error: The sandbox of mine cannot be served: ZeroDivisionError" in result.output


def test_a_plugin_of_the_operators_folder_is_found_by_name(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLEUTH_PLUGINS_DIR", str(written().parent))
    assert check("mine", "--rule", "C101").exit_code == 0
