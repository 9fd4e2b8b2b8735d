"""The kit itself: what it accepts, how it reports, and what it does without."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from plugins import example
from plugins.example.sandbox import ExampleServer
from sleuth.testing import Sandbox, calling, checking, page, product
from sleuth.testing.bench import Bench, opened
from sleuth.testing.checking import Outcome, check, check_rule
from sleuth.testing.finding import CandidateError, beside, find
from sleuth.testing.rule import Rule
from sleuth.testing.rules import RULES

ROOT = Path(__file__).parent.parent.parent.parent
EXAMPLE = Path(example.__file__).read_text()
HONEST_ANSWER = ExampleServer.answer
Written = Callable[..., Path]


def by_number(outcomes: list[Outcome]) -> dict[str, Outcome]:
    return {outcome.rule.number: outcome for outcome in outcomes}


def test_every_rule_has_a_number_of_its_own_a_title_and_a_reason() -> None:
    numbers = [rule.number for rule in RULES]
    assert sorted(set(numbers)) == numbers
    assert all(rule.title and rule.reason.endswith(".") for rule in RULES)


def test_the_page_of_rules_is_the_table() -> None:
    assert (ROOT / "docs" / "plugins" / "rules.md").read_text() == page.page()


def test_every_field_of_a_sandbox_is_documented() -> None:
    written = (ROOT / "docs" / "plugins" / "testing.md").read_text()
    rows = [line.split("|")[1] for line in written.splitlines() if line.startswith("| `")]
    assert all(any(f"`{field.name}`" in row for row in rows) for field in fields(Sandbox))


def test_a_plugin_by_the_hour_at_an_address_of_its_own_keeps_every_rule(written: Written) -> None:
    by_the_hour = """
@hookimpl(specname="sleuth_collect_counts")
def count_hours(tracker, config, since, until):
    minutes = _minutes(tracker, config, since, until)
    hours = {}
    for at, count in minutes.points:
        start = at.replace(minute=0)
        hours[start] = hours.get(start, 0) + count
    end = minutes.complete_until.replace(minute=0)
    return CountSeries(3600, tuple((at, n) for at, n in hours.items() if at < end), end)
"""
    source = EXAMPLE.replace("@hookimpl\ndef sleuth_collect_counts", "def _minutes").replace(
        'tracker.settings["url"]', '"https://api.example.org"'
    )
    start, end = (
        source.index("        settings=("),
        source.index("    )\n\n\n@hookimpl\ndef sleuth_i"),
    )
    declared = (
        '        hosts=("api.example.org",),\n'
        "        capabilities=__import__('sleuth.plugin_api').plugin_api.Capabilities("
        "interval_seconds=3600),\n"
    )
    sandbox = """
from dataclasses import replace
from datetime import timedelta
from plugins.example.sandbox import SANDBOX as BY_THE_MINUTE

def count(config, hour):
    minutes = (hour + timedelta(minutes=n) for n in range(60))
    return sum(BY_THE_MINUTE.count(config, minute) for minute in minutes)

SANDBOX = replace(BY_THE_MINUTE, count=count, settings=lambda url: {})
"""
    path = written(source[:start] + declared + source[end:] + by_the_hour, sandbox)
    outcomes = list(check(find(str(path))))
    assert [(each.rule.number, each.words) for each in outcomes if each.state == "failed"] == []
    not_checked = {each.rule.number for each in outcomes if each.state == "not checked"}
    assert not_checked == {"C605", "C901", "C902", "C903", "C904", "C905"}


def test_a_tracker_that_answers_the_latest_buckets_only_is_asked_for_no_others(
    written: Written,
) -> None:
    source = EXAMPLE.replace(
        "        settings=(",
        "        capabilities=__import__('sleuth.plugin_api').plugin_api.Capabilities("
        "has_explicit_range=False),\n        settings=(",
    ).replace(
        "    window = _query(",
        "    assert until == tracker.now.replace(second=0)\n    window = _query(",
    )
    outcomes = list(check(find(str(written(source)))))
    assert [(each.rule.number, each.words) for each in outcomes if each.state == "failed"] == []
    not_checked = {each.rule.number for each in outcomes if each.state == "not checked"}
    assert {"C604", "C605", "C606"} <= not_checked


def test_a_folder_has_its_sandbox_inside(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "__init__.py").write_text(EXAMPLE)
    (folder / "sandbox.py").write_text("from plugins.example.sandbox import SANDBOX\n")
    for place in (folder, folder / "__init__.py"):
        assert find(str(place)).source.origin.name == "mine"
    assert beside(find(str(folder)).plugin, "live") is None


def test_what_a_sandbox_does_not_offer_is_not_checked(written: Written) -> None:
    lean = """
from dataclasses import replace
from plugins.example.sandbox import SANDBOX
SANDBOX = replace(SANDBOX, refused={"unknown": SANDBOX.refused["unknown"]}, many_projects=0,
                  configs=SANDBOX.configs[1:3])
"""
    path = written(sandbox=lean)
    found = by_number(list(check(find(str(path)))))
    lacking = {number for number, each in found.items() if each.state == "not checked"}
    further = {"C901", "C902", "C903", "C904", "C905"}
    assert lacking - further == {"C203", "C204", "C402", "C403", "C701", "C702"}
    assert found["C203"].words == "because the sandbox has no expired credentials (`refused`)"


def test_a_plugin_that_does_not_load_is_checked_no_further(written: Written) -> None:
    path = written(EXAMPLE.replace('slug="example"', 'slug="Not A Slug"'))
    found = by_number(list(check(find(str(path)))))
    assert "slug 'Not A Slug' is not lower-case" in found.pop("C101").words
    assert {each.state for each in found.values()} == {"not checked"}


@pytest.mark.parametrize(
    ("hook", "body"),
    [
        ("sleuth_validate_token(tracker)", "return TokenCheck(True, '', None, 5)"),
        ("sleuth_list_projects(tracker)", "return [RemoteProject(key='a', label=None), 3]"),
        ("sleuth_list_projects(tracker)", "raise TrackerError(None, permanent=None, reason='odd')"),
        (
            "sleuth_collect_counts(tracker, config, since, until)",
            "return CountSeries(60, ((1, 2), ('a', None)), 5)",
        ),
        ("sleuth_collect_counts(tracker, config, since, until)", "raise SystemExit(3)"),
        ("sleuth_validate_token(tracker)", "raise __import__('asyncio').CancelledError"),
        ("sleuth_list_projects(tracker)", "raise KeyboardInterrupt"),
    ],
)
def test_whatever_a_hook_does_it_is_the_plugin_that_fails_and_not_the_kit(
    written: Written, hook: str, body: str
) -> None:
    name = hook.partition("(")[0]
    source = EXAMPLE.replace(f"@hookimpl\ndef {name}", f"def _was_{name}")
    path = written(f"{source}\n\n@hookimpl\ndef {hook}:\n    {body}\n")
    failed = [each for each in check(find(str(path))) if each.state == "failed"]
    assert "C111" in {each.rule.number for each in failed}
    assert [each for each in failed if "the kit itself" in each.words] == []


@pytest.mark.parametrize("error", ["__import__('asyncio').CancelledError", "BaseException('no')"])
def test_whatever_is_raised_while_it_describes_itself_is_said(written: Written, error: str) -> None:
    path = written(
        EXAMPLE.replace("    return TrackerInfo(", f"    raise {error}\n    return TrackerInfo(")
    )
    (outcome,) = check(find(str(path)), ["C101"])
    assert outcome.words.startswith("It does not load: It raised ")


def test_a_plugin_that_does_not_come_to_describe_itself_does_not_load(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(product, "LOAD_SECONDS", 0.1)
    monkeypatch.setattr(product, "released", released, raising=False)
    hang = "    import sleuth.testing.product as kit\n    kit.released.wait(60)\n"
    path = written(EXAMPLE.replace("    return TrackerInfo(", f"{hang}    return TrackerInfo("))
    streams, before = (sys.stdout, sys.stderr), set(threading.enumerate())
    (outcome,) = check(find(str(path)), ["C101"])
    assert "It takes longer than 0.1 seconds to say what it is." in outcome.words
    assert (sys.stdout, sys.stderr) == streams
    released.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


def test_a_plugin_that_never_answers_ends_the_check(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "CALL_SECONDS", 1)
    stuck = EXAMPLE.replace(
        "    answer = tracker.http.get(\n",
        "    print('now', flush=True)\n    __import__('threading').Event().wait(60)\n"
        "    answer = tracker.http.get(\n",
    )
    streams = sys.stdout, sys.stderr
    outcomes = list(check(find(str(written(stuck))), ["C201", "C202", "C301"]))
    assert (sys.stdout, sys.stderr) == streams
    assert outcomes[0].words == "sleuth_validate_token did not come to an end within 1 seconds."
    assert {each.state for each in outcomes[1:]} == {"not checked"}


def test_a_rule_may_take_longer_than_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "CALL_SECONDS", 1)

    def asks_now_and_then(bench: Bench) -> None:
        assert bench.ask(bench.token()).error is None
        threading.Event().wait(1.5)
        assert bench.ask(bench.token()).error is None

    with opened(find("example")) as bench:
        outcome = check_rule(bench, Rule("C000", "Slow", "A test.", asks_now_and_then))
    assert (outcome.state, outcome.words) == ("ok", "")


def test_a_rule_whose_time_is_over_between_calls_is_held_against_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checking, "RULE_SECONDS", 0.1)
    released = threading.Event()
    rule = Rule("C000", "Slow", "A test.", lambda bench: bool(released.wait(60)) and None)
    with opened(find("example")) as bench:
        outcome = check_rule(bench, rule)
        released.set()
        assert bench.is_stuck
    assert outcome.state == "not checked"
    assert outcome.words == (
        "because it took more than 0.1 seconds in all, though no hook hung: this machine is too "
        "slow for it, or the plugin is"
    )


def test_a_timeout_that_a_hook_raises_is_its_own(written: Written) -> None:
    path = written(
        EXAMPLE.replace(
            "    answer = tracker.http.get(\n",
            "    raise TimeoutError('mine')\n    answer = tracker.http.get(\n",
        )
    )
    (outcome,) = check(find(str(path)), ["C201"])
    assert "raised TimeoutError: mine" in outcome.words


@pytest.mark.parametrize(
    ("source", "sandbox", "words"),
    [
        ("import nonsense", None, "cannot be imported: ModuleNotFoundError: No module named"),
        ("raise SystemExit(3)", None, "cannot be imported: SystemExit: 3"),
        (EXAMPLE, None, "has no sandbox to be checked against"),
        (EXAMPLE, "SANDBOX = 1", "has no sandbox to be checked against"),
        (EXAMPLE, "1 / 0", "The sandbox of mine cannot be imported: ZeroDivisionError"),
        (
            EXAMPLE,
            "from dataclasses import replace\nfrom plugins.example.sandbox import SANDBOX\n"
            "SANDBOX = replace(SANDBOX, refused={})",
            'needs `refused` credentials that are "unknown"',
        ),
    ],
)
def test_what_cannot_be_checked_is_said(
    written: Written, source: str, sandbox: str | None, words: str
) -> None:
    with pytest.raises(CandidateError, match=words):
        find(str(written(source, sandbox)))


def test_what_a_sandbox_prints_is_not_held_against_the_plugin(written: Written) -> None:
    loud = """
from plugins.example.sandbox import SANDBOX, ExampleServer
answer = ExampleServer.answer

def aloud(self, path, query, authorization):
    print(authorization)
    return answer(self, path, query, authorization)

ExampleServer.answer = aloud
"""
    path = written(sandbox=loud)
    try:
        (outcome,) = check(find(str(path)), ["C206"])
    finally:
        ExampleServer.answer = HONEST_ANSWER
    assert outcome.state == "ok"


def test_a_sandbox_that_cannot_be_served_is_said(written: Written) -> None:
    broken = (
        "from dataclasses import replace\nfrom plugins.example.sandbox import SANDBOX\n"
        "SANDBOX = replace(SANDBOX, serve=lambda clock: 1 / 0)"
    )
    with pytest.raises(CandidateError, match="The sandbox of mine cannot be served: ZeroDiv"):
        list(check(find(str(written(sandbox=broken)))))


def test_neither_path_nor_name_is_said(tmp_path: Path) -> None:
    with pytest.raises(CandidateError, match="There is no plugin nowhere"):
        find("nowhere")
    (tmp_path / "_hidden.py").touch()
    with pytest.raises(CandidateError, match="is no plugin"):
        find(str(tmp_path / "_hidden.py"))


def test_the_kit_needs_neither_application_nor_pytest() -> None:
    program = (
        "import sys, sleuth.testing.checking as kit, sleuth.testing.finding as finding;"
        "outcomes = list(kit.check(finding.find('example'), ['C101', 'C602', 'C805']));"
        "assert [each.state for each in outcomes] == ['ok'] * 3, outcomes;"
        "heavy = {'flask', 'sqlalchemy', 'rq', 'redis', 'pytest'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_what_is_vouched_for_need_not_lie_on_the_interval(written: Written) -> None:
    vouching = 'complete_until=datetime.fromisoformat(series["complete_until"]),'
    half = "__import__('datetime').timedelta(seconds=30)"
    answer = "return _series_of(series)"
    later = f"return __import__('dataclasses').replace({answer[7:]}, complete_since=since + {half})"
    assert (EXAMPLE.count(vouching), EXAMPLE.count(answer)) == (1, 1)
    unaligned = EXAMPLE.replace(vouching, f"{vouching[:-1]} + {half},")
    path = written(unaligned.replace(answer, later))
    numbers = [rule.number for rule in RULES if rule.number in {"C606", "C607", "C608"}]
    outcomes = check(find(str(path)), numbers)
    assert [(each.state, each.words) for each in outcomes] == [("ok", "")] * 3
