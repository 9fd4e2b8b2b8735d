"""Live checks of any plugin: how they are found, what may go wrong, what is kept secret."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sleuth import cli
from sleuth.plugin_api import HttpAnswer, TrackerContext, TrackerError
from sleuth.testing.budget import BudgetedSession, BudgetSpentError
from sleuth.testing.finding import imported
from sleuth.testing.live import Finding, LiveCheck, finding, headers_of, shape_of
from sleuth.testing.live_looking import looked
from sleuth.testing.pseudonyms import Pseudonyms
from sleuth.trackers.loading import load_alone
from tests.plugins.conftest import GOOD_PLUGIN

CHECKS = """
from sleuth.testing.live import LiveCheck, finding, not_found_out

def look(tracker):
    {body}

LIVE_CHECKS = [LiveCheck("one", "Is it so?", "It is so.", look)]
"""
FINE = "return finding(True, 'it is so')"


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Result]:
    """Run the live check of a plugin in a file, whose check has this body."""

    def run(
        body: str = FINE,
        *more: str,
        stdin: str = "sesame-open\n",
        before: str = "",
        named: str = "",
    ) -> Result:
        (tmp_path / "good.py").write_text(GOOD_PLUGIN)
        after = f"LIVE_CHECKS = {named}\n" if named else ""
        (tmp_path / "_good_live.py").write_text(f"{before}\n{CHECKS.format(body=body)}{after}")
        arguments = ["plugin", "check", str(tmp_path / "good.py"), "--live", *more]
        return CliRunner().invoke(cli.main, arguments, input=stdin)

    return run


def because(result: Result) -> str:
    (row,) = json.loads(result.stdout)["results"]
    return str(row["because"])


def test_they_lie_beside_a_file(check: Callable[..., Result]) -> None:
    result = check()
    assert (result.exit_code, result.stderr) == (0, "")
    assert "# Live check of Good" in result.stdout
    assert "- Seen: it is so" in result.stdout


def test_or_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "good"
    folder.mkdir()
    (folder / "__init__.py").write_text(GOOD_PLUGIN)
    (folder / "live.py").write_text(CHECKS.format(body=FINE))
    arguments = ["plugin", "check", str(folder), "--live", "--json"]
    result = CliRunner().invoke(cli.main, arguments, input="sesame-open\n")
    assert json.loads(result.stdout)["results"][0]["verdict"] == "as assumed"


def test_a_plugin_without_any_says_where_they_belong(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD_PLUGIN)
    arguments = ["plugin", "check", str(tmp_path / "good.py"), "--live"]
    result = CliRunner().invoke(cli.main, arguments, input="sesame-open\n")
    assert result.exit_code == 2
    assert "_good_live.py" in result.stderr


def test_a_plugin_that_does_not_load_says_why(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import nothing_of_that_name\n")
    result = CliRunner().invoke(cli.main, ["plugin", "check", str(tmp_path / "bad.py"), "--live"])
    assert result.exit_code == 2
    assert "nothing_of_that_name" in result.stderr


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (FINE, 0),
        ("return finding(False)", 1),
        ("return not_found_out('nobody knows')", 2),
        ("raise KeyError('acme-secret')", 2),
    ],
)
def test_the_exit_code_is_the_verdict(check: Callable[..., Result], body: str, code: int) -> None:
    assert check(body).exit_code == code


def test_a_check_that_fails_is_told_by_its_kind_alone(check: Callable[..., Result]) -> None:
    result = check("raise KeyError('acme-secret')", "--json")
    assert because(result) == "the check itself failed (KeyError)"
    assert "acme-secret" not in result.output


@pytest.mark.parametrize(
    ("answer", "flaw"),
    [
        ("return 'acme-secret'", "it returned str, and not a Finding"),
        ("pass", "it returned NoneType, and not a Finding"),
        ("return Finding('fine')", "its verdict is none"),
        ("return Finding('differs', 'acme-secret')", "what it has seen, or calls public, is no"),
        ("return Finding('differs', (), 7)", "its reason is no text"),
    ],
)
def test_a_check_that_answers_something_else_costs_its_own_answer_alone(
    check: Callable[..., Result], answer: str, flaw: str
) -> None:
    two = "[*LIVE_CHECKS, LiveCheck('two', '?', '.', lambda _: finding(True))]"
    before = "from sleuth.testing.live import Finding"
    result = check(answer, "--json", before=before, named=two)
    one, other = json.loads(result.stdout)["results"]
    assert one["because"].startswith(f"the check itself is at fault: {flaw}")
    assert other["verdict"] == "as assumed"
    assert "acme-secret" not in result.output


def test_a_check_that_hangs_costs_its_own_answer_alone_and_asks_no_more() -> None:
    go_on, refused = Event(), Event()

    def hang(context: TrackerContext) -> Finding:
        go_on.wait(10)
        with pytest.raises(TrackerError, match="has had its time"):
            context.http.get("https://a.test/")
        refused.set()
        return finding(True)

    tracker = TrackerContext(object(), {}, {}, datetime(2026, 3, 4, tzinfo=UTC))
    late = looked(LiveCheck("late", "?", ".", hang), tracker, 0.01)
    assert late.because == "the check did not come to an end within 0 seconds"
    go_on.set()
    assert refused.wait(10)
    assert looked(LiveCheck("next", "?", ".", lambda _: finding(True)), tracker, 10) == finding(
        True
    )


@pytest.mark.parametrize("checks", ["3", "[3]", "[LiveCheck('one', 'Is it?', 7, look)]"])
def test_what_is_no_list_of_checks_is_said_in_a_sentence(
    check: Callable[..., Result], checks: str
) -> None:
    result = check(named=checks)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: LIVE_CHECKS of good is ")
    assert "is to be a list of LiveCheck" in result.stderr


def test_checks_use_what_their_plugin_has(check: Callable[..., Result]) -> None:
    result = check(
        "return finding(good.sleuth_tracker_info().slug == 'good')", before="import good"
    )
    assert result.exit_code == 0


def test_checks_that_cannot_be_imported_say_where(check: Callable[..., Result]) -> None:
    result = check(before="from good import nothing_of_that_name")
    assert result.exit_code == 2
    assert "The live checks of good cannot be imported: ImportError: " in result.stderr
    assert "_good_live.py)." in result.stderr


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("__import__('os')._exit(0)", "ended the process with status 0"),
        ("__import__('os').abort()", "crashed the process (SIGABRT)"),
    ],
)
def test_a_check_that_ends_the_process_leaves_a_sentence(
    check: Callable[..., Result], ending: str, words: str
) -> None:
    result = check(ending)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"or one of its live checks, {words}; nothing is reported." in result.stderr


def test_a_plugin_that_ends_the_process_leaves_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import os\nos._exit(0)\n")
    result = CliRunner().invoke(cli.main, ["plugin", "check", str(tmp_path / "bad.py"), "--live"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "ended the process with status 0; nothing is reported." in result.stderr


def test_ctrl_c_ends_it_with_a_sentence(check: Callable[..., Result]) -> None:
    result = check("raise KeyboardInterrupt")
    assert (result.exit_code, result.output) == (2, "Error: Interrupted; nothing is reported.\n")


def test_a_token_that_a_check_shows_is_hidden(check: Callable[..., Result]) -> None:
    result = check("return finding(True, f'it is {tracker.credentials}')")
    assert "sesame-open" not in result.output
    assert "[hidden]" in result.output


@pytest.mark.parametrize(
    "printing",
    [
        "print(told)",
        "import sys; sys.stdout.buffer.write(told.encode())",
        "import os; os.write(1, told.encode())",
        "import subprocess; subprocess.run(['echo', told])",
        "import threading; t = threading.Thread(target=print, args=(told,)); t.start(); t.join()",
    ],
)
def test_what_a_check_prints_is_no_part_of_the_report_and_tells_no_token(
    check: Callable[..., Result], printing: str, capfd: pytest.CaptureFixture[str]
) -> None:
    body = f"told = f'looking with {{tracker.credentials}}'; {printing}; {FINE}"
    result = check(body, "--json")
    assert json.loads(result.stdout)["results"][0]["verdict"] == "as assumed"
    assert "The plugin printed:\nlooking with {'token': '[hidden]'" in result.stderr
    assert "sesame-open" not in result.output + "".join(capfd.readouterr())


def test_what_a_plugin_prints_while_it_is_imported_is_no_part_of_the_report(
    check: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "_good_live.py").touch()
    result = check(f"{FINE}\n\nprint('imported')")
    assert "imported" not in result.stdout
    assert "The plugin printed:\nimported" in result.stderr


def test_a_check_that_raises_something_unheard_of_is_told_by_its_kind(
    check: Callable[..., Result],
) -> None:
    result = check("raise __import__('asyncio').CancelledError", "--json")
    assert because(result) == "the check itself failed (CancelledError)"


def test_a_setting_is_found_by_its_own_name_and_not_by_its_end(tmp_path: Path) -> None:
    two = (
        "settings=(PluginSetting('url', 'https://one.test', 'Here.', is_url=True),"
        "PluginSetting('api_url', 'https://two.test', 'There.', is_url=True)),"
    )
    plugin = GOOD_PLUGIN.replace("credential_fields=", f"{two} credential_fields=")
    plugin = f"from sleuth.plugin_api import PluginSetting\n{plugin}"
    (tmp_path / "good.py").write_text(plugin)
    operators = {"SLEUTH_GOOD_API_URL": "https://operator.test"}
    source, _module = imported(str(tmp_path / "good.py"))
    (tracker,) = load_alone(source, operators, {"url": "https://own.test"}).trackers.values()
    assert dict(tracker.settings) == {
        "url": "https://own.test",
        "api_url": "https://operator.test",
    }


def test_secrets_are_read_a_line_each_in_the_order_of_the_dialog(tmp_path: Path) -> None:
    fields = 'CredentialField("token", "Auth Token"), CredentialField("key", "Key"),'
    two = GOOD_PLUGIN.replace('CredentialField("token", "Auth Token"),', fields)
    (tmp_path / "good.py").write_text(two)
    body = "return finding(dict(tracker.credentials) == {'token': 'one-two', 'key': 'three-four'})"
    (tmp_path / "_good_live.py").write_text(CHECKS.format(body=body))
    arguments = ["plugin", "check", str(tmp_path / "good.py"), "--live"]
    assert CliRunner().invoke(cli.main, arguments, input="one-two\nthree-four\n").exit_code == 0
    missing = CliRunner().invoke(cli.main, arguments, input="one-two\n")
    assert missing.stderr.startswith("Error: Give the Key on standard input")


def test_an_address_that_is_not_allowed_is_not_called(check: Callable[..., Result]) -> None:
    result = check("tracker.http.get('https://elsewhere.test/')", "--json")
    assert "calling elsewhere.test is not allowed" in because(result)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--setting", "colour=red"), "Good has no setting colour."),
        (("--setting", "colour"), "colour is to be written NAME=VALUE."),
        (("--credential", "token=x"), "--credential token is not one that may stand in a command"),
        (("--credential", "sesame=x"), "--credential sesame is not one that may stand"),
    ],
)
def test_a_wrong_option_is_said(
    check: Callable[..., Result], arguments: tuple[str, ...], words: str
) -> None:
    result = check(FINE, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_the_kit_for_live_checks_needs_no_application() -> None:
    program = (
        "import sys, sleuth.testing.live_checking, sleuth.testing.live_report;"
        "assert not {'flask', 'sqlalchemy', 'rq', 'redis'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


class TestBudget:
    def test_there_is_a_pause_between_two_requests_and_none_before(self) -> None:
        slept: list[float] = []
        session = BudgetedSession(3, 0.5, slept.append)
        for _ in range(3):
            session.get_adapter("https://a.test/")
        assert slept == [0.5, 0.5]

    def test_no_request_is_made_beyond_it(self) -> None:
        session = BudgetedSession(1, 0)
        session.get_adapter("https://a.test/")
        with pytest.raises(BudgetSpentError):
            session.get_adapter("https://a.test/")
        assert (session.spent, session.denied) == (1, 1)


KNOWN = ("slug", "name", "id", "count", "environments", "detail")


class TestPseudonyms:
    @pytest.fixture
    def hide(self) -> Pseudonyms:
        hide = Pseudonyms({"token": "sesame-open", "organization": "own-org"}, ["token"], KNOWN)
        hide.learn([{"slug": "acme", "name": "Acme Works", "id": 4501, "count": 2000}])
        hide.learn({"environments": ["production", "acme"], "detail": "Not found."})
        return hide

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("of acme and ACME", "of [slug 1] and [slug 1]"),
            ("Acme Works has 4501", "[name 1] has [id 1]"),
            ("in production: 2000", "in [environments 1]: [count 1]"),
            ("acme-like, acmeish", "acme-like, acmeish"),
            ("https://acme.sentry.example/", "https://[slug 1].sentry.example/"),
            ("sesame-open", "[hidden]"),
            ("own-org", "[organization 1]"),
            ("nothing of anybody's", "nothing of anybody's"),
        ],
    )
    def test_what_an_answer_held_is_replaced(self, hide: Pseudonyms, text: str, told: str) -> None:
        assert hide(text) == told

    def test_a_key_that_the_plugin_does_not_know_is_somebodys(self, hide: Pseudonyms) -> None:
        hide.learn({"globex": {"name": "Globex", "initech": 7}})
        assert hide("{globex: {initech: number, name: text}}") == (
            "{[key 1]: {[key 2]: number, name: text}}"
        )

    def test_a_number_of_four_digits_may_be_an_id_whatever_it_is_called(
        self, hide: Pseudonyms
    ) -> None:
        hide.learn({"owner": 7001, "since": 1772625600, "year": 2026, "few": 999})
        told = hide("7001, 999, 1772625600, 2026", ["1772625600", "2026"])
        assert told == "[value 1], 999, 1772625600, 2026"

    def test_what_somebody_vouches_for_stays(self, hide: Pseudonyms) -> None:
        assert hide("404 Not found.", ["Not found."]) == "404 Not found."
        assert hide("acme.sentry.example", ["acme.sentry.example"]) == "acme.sentry.example"


MANY = {f"k{number:02d}": 1 for number in range(14)}


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (
            {"id": 1, "name": "x", "isOn": True, "at": None},
            "{at: null, id: number, isOn: true or false, name: text}",
        ),
        ([], "list of 0"),
        ([1.5, 2], "list (2) of number"),
        ({"acme/web": 1}, "{…: number}"),
        ({"a": {"b": {"c": {"d": 1}}}}, "{a: {b: {c: object}}}"),
        (MANY, "{" + "".join(f"{key}: number, " for key in list(MANY)[:12]) + "and 2 more}"),
    ],
)
def test_a_shape_has_keys_and_types_and_no_value(value: Any, shape: str) -> None:
    assert shape_of(value) == shape


class _Answer:
    """An answer without counts."""

    status = 200
    headers = {"x-limit": "30", "Set-Cookie": "secret"}

    def json(self) -> Any:
        return {"counts": []}


def test_only_the_headers_that_are_asked_for_are_told() -> None:
    answer: HttpAnswer = _Answer()
    assert headers_of(answer, "X-Limit", "X-Other") == ["X-Limit: 30"]
