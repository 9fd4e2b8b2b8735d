"""``plugin check --live``: what the documentation leaves open, asked of the real service."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from sleuth.testing.live import BUDGET, PAUSE_SECONDS

if TYPE_CHECKING:
    from sleuth.testing.live_checking import Subject
    from sleuth.testing.live_report import Report

COULD_NOT_RUN = 2
Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--live",
        "is_live",
        is_flag=True,
        help="Ask the real service instead; the token is read from standard input.",
    ),
    click.option(
        "--budget",
        type=click.IntRange(min=1),
        default=BUDGET,
        show_default=True,
        help="With --live: most requests that are made.",
    ),
    click.option(
        "--pause",
        "pause_seconds",
        type=click.FloatRange(min=0, max=30),
        default=PAUSE_SECONDS,
        show_default=True,
        help="With --live: seconds between two requests.",
    ),
    click.option(
        "--setting",
        "settings",
        multiple=True,
        metavar="NAME=VALUE",
        help="With --live: a setting of the plugin, url=https://… for a server of your own.",
    ),
    click.option(
        "--credential",
        "public_credentials",
        multiple=True,
        metavar="NAME=VALUE",
        help="With --live: a credential that is no secret, such as an organization.",
    ),
)


class CannotRun(click.ClickException):
    """The checks could not be made."""

    exit_code = COULD_NOT_RUN


def live_options(command: Command) -> Command:
    """Give a command the options of live checks: ``is_live`` and those of :func:`check_live`."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_OPTIONS), command)


def check_live(
    place: str,
    *,
    as_json: bool,
    budget: int,
    pause_seconds: float,
    settings: tuple[str, ...],
    public_credentials: tuple[str, ...],
) -> NoReturn:
    """Make a plugin's live checks, print the report, and end with its exit code.

    Args:
        place: Path or name of the plugin.
        settings: ``NAME=VALUE`` each, likewise ``public_credentials``.

    Raises:
        CannotRun: with a sentence, where nothing could be found out.
    """
    try:
        report = _report(place, budget, pause_seconds, _pairs(settings), _pairs(public_credentials))
    except (KeyboardInterrupt, click.Abort):
        raise CannotRun("Interrupted; nothing is reported.") from None
    text = json.dumps(report.as_dict(), indent=2) if as_json else report.as_markdown()
    click.echo(text)
    sys.exit(report.exit_code)


def _report(
    place: str,
    budget: int,
    pause_seconds: float,
    settings: dict[str, str],
    public_credentials: dict[str, str],
) -> Report:
    from sleuth import clock, config
    from sleuth.testing.finding import CandidateError
    from sleuth.testing.live_checking import LiveError, Terms, check_live, find_subject

    try:
        subject = find_subject(place, config.load(os.environ), settings, _say)
        credentials = _credentials(subject, public_credentials)
        terms = Terms(credentials, settings, budget, pause_seconds)
        return check_live(subject, terms, clock.now, _say)
    except (CandidateError, LiveError, config.SettingError) as error:
        raise CannotRun(str(error)) from None


def _say(text: str) -> None:
    click.echo(f"The plugin printed:\n{text}", err=True)


def _credentials(subject: Subject, public: dict[str, str]) -> dict[str, str]:
    """Read the secrets, a line each; on a terminal they are asked for and not shown."""
    fields = {each.name: each for each in subject.info.credential_fields}
    for name in public:
        if name not in fields or fields[name].is_secret:
            raise CannotRun(f"--credential {name} is not one that may stand in a command.")
    secrets = {each.name: _secret(each.label) for each in subject.secret_fields()}
    empty = [name for name, value in secrets.items() if not value]
    if empty:
        label = fields[empty[0]].label
        raise CannotRun(f"Give the {label} on standard input; it is not taken from the command.")
    return dict.fromkeys(fields, "") | public | secrets


def _secret(label: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(label, hide_input=True, err=True)).strip()
    return sys.stdin.readline().strip()


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for each in given:
        name, separator, value = each.partition("=")
        if not name or not separator:
            raise CannotRun(f"{name or 'It'} is to be written NAME=VALUE.")
        pairs[name] = value
    return pairs
