"""``plugin check sentry --live``, against a stand-in that plays every answer it may get."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from plugins.sentry.live import LIVE_CHECKS
from plugins.sentry.sandbox import TOKENS, Sandbox
from sleuth import cli
from sleuth.testing.live import Verdict
from tests.plugins.sentry.conftest import LIVE, SHORTLY_AFTER_NOON

ROOT = Path(__file__).parents[3]
SENTRY_PAGE = (ROOT / "docs" / "sentry.md").read_text(encoding="utf-8")
EVENTS, STATS = "/events-timeseries/", "/events-stats/"

Run = Callable[..., Result]


@pytest.fixture
def verdicts(run: Run) -> Callable[..., dict[str, str]]:
    """Return the verdict of each check, and of the command."""

    def found(*arguments: str, **options: str) -> dict[str, str]:
        rows = report(run(*arguments, **options))["results"]
        return {row["name"]: row["verdict"] for row in rows}

    return found


def report(result: Result) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def seen(result: Result, name: str) -> str:
    (row,) = [row for row in report(result)["results"] if row["name"] == name]
    return "\n".join([*row["seen"], row["because"]])


def test_what_the_stand_in_answers_is_what_the_plugin_assumes(run: Run) -> None:
    result = run()
    assert result.exit_code == 0
    assert "| differs | 0 |" in result.stdout
    assert "## environment-unknown: as assumed" in result.stdout
    assert "| day | 2026-03-04 |" in result.stdout


def test_every_question_of_the_open_list_is_asked() -> None:
    assert {
        "environment-unknown",
        "organizations-of-all-regions",
        "integration-projects",
        "counts",
        "rate-limit-headers",
        "region-hosts",
    } <= {check.name for check in LIVE_CHECKS}


def test_no_two_checks_share_a_name() -> None:
    assert len({check.name for check in LIVE_CHECKS}) == len(LIVE_CHECKS)


def test_zeros_for_an_unknown_environment_differ(sandbox: Sandbox, run: Run) -> None:
    sandbox.world.habits.checks_environments = False
    result = run("full", "--json")
    assert result.exit_code == 1
    assert "in the parameter: 200, zeros" in seen(result, "environment-unknown")


def test_a_list_of_all_regions_differs(
    sandbox: Sandbox, verdicts: Callable[..., dict[str, str]]
) -> None:
    sandbox.world.habits.lists_all_regions = True
    assert verdicts("full", "--json")["organizations-of-all-regions"] == Verdict.DIFFERS


def test_organizations_in_one_region_leave_that_question_open(
    verdicts: Callable[..., dict[str, str]],
) -> None:
    assert verdicts("demo", "--json")["organizations-of-all-regions"] == Verdict.NOT_FOUND_OUT


def test_so_do_regions_that_are_not_told(sandbox: Sandbox, run: Run) -> None:
    sandbox.misbehave("404-empty", match="/users/me/regions/")
    found = seen(run("full", "--json"), "organizations-of-all-regions")
    assert "the regions of this token are not told" in found


def test_the_token_of_an_integration_answers_its_question(run: Run) -> None:
    result = run("integration", "--json")
    assert result.exit_code == 0
    assert "the list of organizations: 200, 0 rows" in seen(result, "integration-projects")


def test_an_integration_whose_lists_are_both_empty_differs(run: Run) -> None:
    result = run("integration_opaque", "--json", "--credential", "organization=acme")
    assert result.exit_code == 1
    assert "the list of projects: 401, 0 rows" in seen(result, "integration-projects")


def test_another_token_says_what_it_would_take(run: Run) -> None:
    found = seen(run("full", "--json"), "integration-projects")
    assert found == "it takes the token of an internal integration"


@pytest.mark.parametrize("kind", ["404-empty", "404"])
def test_a_plan_without_counts_by_the_minute_differs(sandbox: Sandbox, run: Run, kind: str) -> None:
    sandbox.misbehave(kind, match=EVENTS)
    result = run("full", "--json")
    assert result.exit_code == 1
    assert seen(result, "counts").startswith("404, ")
    assert "nothing to compare with: 404" in seen(result, "older-endpoint")
    assert "there are no counts to look at" in seen(result, "rate-limit-headers")


def test_a_server_without_limits_differs(sandbox: Sandbox, run: Run) -> None:
    sandbox.world.habits.tells_limits = False
    assert "none of them" in seen(run("full", "--json"), "rate-limit-headers")


def test_limits_are_told_by_name_and_value(run: Run) -> None:
    found = seen(run("full", "--json"), "rate-limit-headers")
    assert "X-Sentry-Rate-Limit-Limit: 30\nX-Sentry-Rate-Limit-Remaining: 29" in found


def test_a_new_region_is_told_by_name() -> None:
    with Sandbox(clock=lambda: SHORTLY_AFTER_NOON, regions=("us", "us2", "de")) as sandbox:
        globex = sandbox.world.organization("globex")
        assert globex is not None
        globex.region = "us2"
        arguments = (*LIVE, "--json", "--setting", f"url={sandbox.url}")
        result = CliRunner().invoke(cli.main, arguments, input=TOKENS["full"].value)
    assert result.exit_code == 0
    assert "regions: us2, us" in seen(result, "region-hosts")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("https://us3.sentry.io", "regionUrl us3.sentry.io: 200, which is not below"),
        ("https://evil.test", "regionUrl a host of its own: 200, which is not below"),
    ],
)
def test_a_region_elsewhere_differs_and_gets_no_token(
    sandbox: Sandbox, run: Run, told: str, words: str
) -> None:
    row = {"id": "1001", "slug": "acme", "name": "Acme", "links": {"regionUrl": told}}
    sandbox.misbehave("json", match="/api/0/organizations/?", body=[row])
    result = run("full", "--json")
    assert words in seen(result, "region-hosts")
    assert result.exit_code == 1


def test_a_token_without_projects_leaves_open_what_takes_one(run: Run) -> None:
    result = run("empty", "--json")
    assert result.exit_code == 0
    assert seen(result, "counts") == "there was no answer to go by: the token sees no project"


def test_counts_in_another_interval_differ(
    sandbox: Sandbox, verdicts: Callable[..., dict[str, str]]
) -> None:
    sandbox.misbehave("interval", match=EVENTS)
    assert verdicts("full", "--json")["counts"] == Verdict.DIFFERS


def test_a_token_that_is_limited_to_one_organization_is_told_apart(run: Run) -> None:
    found = seen(run("scoped", "--json"), "token-index")
    assert "with it: 401, limited to organization endpoints" in found


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        ("expired", "This Sentry token has expired."),
        ("sntryu_of_nobody", "Sentry does not know this token"),
        ("organization", "This is an organization token"),
        ("no_org_read", "The token lacks the scope org:read"),
        ("throttled", "asks to wait (429); nothing more was asked."),
        ("integration_opaque", "See --credential organization=…"),
        ("", "Give the Auth Token on standard input"),
    ],
)
def test_a_token_that_does_not_do_ends_with_one_sentence(
    run: Run, token: str, sentence: str
) -> None:
    result = run(token)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_no_network_ends_with_one_sentence(run: Run) -> None:
    result = run("full", url="http://127.0.0.1:1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Sentry could not be reached" in result.stderr


def test_being_asked_to_wait_in_the_middle_ends_it(sandbox: Sandbox, run: Run) -> None:
    sandbox.misbehave("429", match=STATS)
    result = run("full")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nothing more was asked" in result.stderr
    assert STATS in sandbox.requests[-1].path


@pytest.mark.parametrize("budget", [1, 5, 10])
def test_the_budget_is_kept_whatever_is_to_be_asked(
    sandbox: Sandbox, run: Run, budget: int
) -> None:
    run("three_organizations", "--budget", str(budget))
    assert len(sandbox.requests) == budget


def test_what_the_budget_did_not_reach_is_said(run: Run) -> None:
    result = run("full", "--json", "--budget", "12")
    assert (result.exit_code, report(result)["requests"]) == (0, 12)
    assert "the budget of 12 requests is used up" in seen(result, "rate-limit-headers") + seen(
        result, "retention"
    )


def test_redirects_count(sandbox: Sandbox, run: Run) -> None:
    target = f"{sandbox.url}/api/0/organizations/"
    sandbox.misbehave("redirect", match=EVENTS, location=target)
    result = run("full", "--json")
    assert report(result)["requests"] == len(sandbox.requests) <= 25


def test_the_usual_budget_is_enough(sandbox: Sandbox, run: Run) -> None:
    assert "could not be found out because the budget" not in run("three_organizations").stdout
    assert len(sandbox.requests) < 25


def test_the_same_is_not_asked_twice(sandbox: Sandbox, run: Run) -> None:
    run()
    asked = [(each.silo, each.path, each.query, each.token) for each in sandbox.requests]
    assert len(set(asked)) == len(asked)


def test_the_command_itself_does_it() -> None:
    with Sandbox() as of_today:
        process = subprocess.run(
            [sys.executable, "-m", "sleuth", *LIVE, "--setting", f"url={of_today.url}"],
            input=f"{TOKENS['full'].value}\n",
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.startswith("# Live check of Sentry\n")


def test_the_page_says_what_each_check_is_for() -> None:
    assert [check.name for check in LIVE_CHECKS if f"`{check.name}`" not in SENTRY_PAGE] == []
