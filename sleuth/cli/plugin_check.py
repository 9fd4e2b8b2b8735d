"""Trying a plugin against its sandbox."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from sleuth.cli.options import as_json
from sleuth.cli.plugin_live import check_live, live_options

if TYPE_CHECKING:
    from sleuth.testing.checking import Outcome
    from sleuth.testing.rule import Rule

MARKS = {"ok": "ok", "failed": "FAILED", "not checked": "not checked"}


@click.command("check")
@click.argument("plugin", metavar="PATH|NAME", required=False)
@click.option("--rule", "numbers", metavar="NUMBER", multiple=True, help="Try this rule only.")
@click.option("--explain", metavar="NUMBER", help="Say what a rule is for, and check nothing.")
@live_options
@as_json
def check(
    plugin: str | None,
    numbers: tuple[str, ...],
    explain: str | None,
    as_json: bool,
    is_live: bool,
    **of_live: Any,
) -> None:
    """Check a tracker plugin against its own fake server; exits with 1 if a rule fails."""
    if explain:
        _explain(explain, as_json)
        return
    if not plugin:
        raise click.UsageError("Name a plugin, or the path of its file or folder.")
    if is_live:
        check_live(plugin, as_json=as_json, **of_live)
    outcomes = _outcomes(plugin, tuple(_rule(number).number for number in numbers), as_json)
    if as_json:
        click.echo(json.dumps([_row(outcome) for outcome in outcomes], indent=2))
    else:
        click.echo(_summary(outcomes))
    sys.exit(1 if any(outcome.state == "failed" for outcome in outcomes) else 0)


def _outcomes(plugin: str, numbers: tuple[str, ...], is_silent: bool) -> list[Outcome]:
    from sleuth.testing.apart import check_apart
    from sleuth.testing.finding import CandidateError

    outcomes = []
    try:
        for outcome in check_apart(plugin, os.environ.get("SLEUTH_PLUGINS_DIR", ""), numbers):
            outcomes.append(outcome)
            if not is_silent:
                _show(outcome)
    except CandidateError as error:
        raise click.ClickException(str(error)) from None
    return outcomes


def _show(outcome: Outcome) -> None:
    rule = outcome.rule
    click.echo(f"{rule.number}  {MARKS[outcome.state]:11}  {rule.title}")
    if outcome.words:
        click.echo(f"      {outcome.words}")
    if outcome.state == "failed":
        click.echo(f"      {rule.page}")


def _summary(outcomes: list[Outcome]) -> str:
    counted = Counter(outcome.state for outcome in outcomes)
    parts = [f"{counted['ok']} ok", f"{counted['failed']} failed"]
    if counted["not checked"]:
        parts.append(f"{counted['not checked']} not checked")
    counted_rules = "1 rule" if len(outcomes) == 1 else f"{len(outcomes)} rules"
    return f"\n{counted_rules}: {', '.join(parts)}."


def _row(outcome: Outcome) -> dict[str, str]:
    rule = outcome.rule
    return {
        "rule": rule.number,
        "title": rule.title,
        "state": outcome.state,
        "words": outcome.words,
        "page": rule.page,
    }


def _explain(number: str, is_for_programs: bool) -> None:
    rule = _rule(number)
    if is_for_programs:
        of_rule = {"rule": rule.number, "title": rule.title}
        click.echo(json.dumps({**of_rule, "reason": rule.reason, "page": rule.page}, indent=2))
        return
    click.echo(f"{rule.number}  {rule.title}\n\n{rule.reason}\n\n{rule.page}")


def _rule(number: str) -> Rule:
    from sleuth.testing.rules import find_rule

    rule = find_rule(number)
    if rule is None:
        raise click.ClickException(f"There is no rule {number}; docs/plugins/rules.md lists them.")
    return rule
