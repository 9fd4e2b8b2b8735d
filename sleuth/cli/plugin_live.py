"""``plugin check --live``: what the documentation leaves open, asked of the real service."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from functools import reduce
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from sleuth.testing.live import BUDGET, PAUSE_SECONDS

if TYPE_CHECKING:
    from sleuth.testing.live_checking import Subject
    from sleuth.testing.live_report import Report

COULD_NOT_RUN = 2
_INTERRUPTED = "Interrupted; nothing is reported."
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

    They are made in a child, since plugin and checks may end the process.

    Raises:
        CannotRun: with a sentence, where nothing could be found out.
    """
    from sleuth.testing.forked import EndedError, Tell, told

    own_settings, credentials = _pairs(settings), _pairs(public_credentials)

    def work(tell: Tell) -> None:
        def say(text: str) -> None:
            tell(printed=text)

        try:
            report = _report(place, budget, pause_seconds, own_settings, credentials, say)
        except (KeyboardInterrupt, click.Abort):
            tell(refused=_INTERRUPTED)
        except CannotRun as error:
            tell(refused=error.message)
        else:
            text = json.dumps(report.as_dict(), indent=2) if as_json else report.as_markdown()
            tell(report=text, code=report.exit_code)

    try:
        sys.exit(_shown(told(work)))
    except KeyboardInterrupt:
        raise CannotRun(_INTERRUPTED) from None
    except EndedError as error:
        raise CannotRun(
            f"{place}, or one of its live checks, {error}; nothing is reported."
        ) from None


def _shown(told: Iterable[dict[str, Any]]) -> int:
    """Print what the process that makes the checks has told, and return the exit code."""
    code = COULD_NOT_RUN
    for said in told:
        if "refused" in said:
            raise CannotRun(said["refused"])
        if "printed" in said:
            click.echo(f"The plugin printed:\n{said['printed']}", err=True)
        else:
            click.echo(said["report"])
            code = said["code"]
    return code


def _report(
    place: str,
    budget: int,
    pause_seconds: float,
    settings: dict[str, str],
    public_credentials: dict[str, str],
    say: Callable[[str], None],
) -> Report:
    from sleuth import clock, config
    from sleuth.testing.finding import CandidateError
    from sleuth.testing.live_checking import Terms, check_live, find_subject
    from sleuth.testing.live_looking import LiveError

    try:
        subject = find_subject(place, config.load(os.environ), settings, say)
        credentials = _credentials(subject, public_credentials)
        terms = Terms(credentials, settings, budget, pause_seconds)
        return check_live(subject, terms, clock.now, say)
    except (CandidateError, LiveError, config.SettingError) as error:
        raise CannotRun(str(error)) from None


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
