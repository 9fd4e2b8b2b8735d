"""The ``sleuth`` command, for whoever runs the server; loads the application only at need."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from sleuth.cli.options import as_json
from sleuth.cli.plugins import plugin, plugins

if TYPE_CHECKING:
    from sleuth.accounts.models import Organization

ACTOR = "command line"
ROLES = ("administrator", "developer", "observer")
TOKEN_TYPES = ("register_deploy", "read", "all")

password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of stdin."
)
organization_option = click.option(
    "--organization",
    "slug",
    required=True,
    metavar="SLUG",
    help="The organization, as in its URLs.",
)
email_option = click.option("--email", required=True, help="The person's e-mail address.")
name_option = click.option("--name", default="", help="The person's name.")


class Sentences(click.Group):
    """A group of commands that end with one sentence when something is refused."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and turn what it refuses into its error message."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except _refusals() as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Administer Sleuth from the machine that it runs on."""


main.add_command(plugins)
main.add_command(plugin)


@main.command()
@click.option("--organization", required=True, metavar="NAME", help="Name of the organization.")
@email_option
@name_option
@password_stdin
@as_json
def setup(organization: str, email: str, name: str, password_stdin: bool, as_json: bool) -> None:
    """Create the first organization and its owner, instead of the set-up page."""
    with _application():
        from sleuth.accounts import organizations, setup_code

        owner = organizations.set_up(organization, name, email, _password(password_stdin))
        setup_code.forget()
        _say(as_json, f"Sleuth is set up; {owner.email} can sign in.", email=owner.email)


@main.group()
def organization() -> None:
    """Organizations: create."""


@organization.command("create")
@click.option("--organization", required=True, metavar="NAME", help="Name of the organization.")
@click.option("--email", required=True, help="The owner's e-mail address.")
@click.option("--name", default="", help="The owner's name, if they have no account yet.")
@password_stdin
@as_json
def create_organization(
    organization: str, email: str, name: str, password_stdin: bool, as_json: bool
) -> None:
    """Create a further organization. Only an owner without an account needs a password."""
    with _application():
        from sleuth.accounts import organizations, people

        if people.find_person(email):
            created = organizations.create_organization(organization, email)
        else:
            created = organizations.create_organization_with_owner(
                organization, name, email, _password(password_stdin)
            )
        _say(
            as_json,
            f"{created.name} is created; its addresses begin with /o/{created.slug}.",
            name=created.name,
            organization=created.slug,
        )


@main.group()
def member() -> None:
    """People in organizations: add, set a password."""


@member.command("add")
@organization_option
@email_option
@click.option("--role", required=True, type=click.Choice(ROLES), help="What they may do.")
@name_option
@password_stdin
@as_json
def add_member(
    slug: str, email: str, role: str, name: str, password_stdin: bool, as_json: bool
) -> None:
    """Add a person to an organization. Only who has no account yet needs a password."""
    with _application():
        from sleuth.accounts import members, people
        from sleuth.accounts.models import Role

        joined = _organization(slug)
        if people.find_person(email):
            added = members.add_known_member(joined.id, email, Role(role))
        else:
            password = _password(password_stdin)
            added = members.add_member(joined.id, email, Role(role), name=name, password=password)
        _say(
            as_json,
            f"{added.user.email} is a member of {joined.name} now, as {role}.",
            email=added.user.email,
            organization=slug,
            role=role,
        )


@member.command("set-password")
@email_option
@password_stdin
def set_password(email: str, password_stdin: bool) -> None:
    """Set the password of somebody who forgot it; they are signed out everywhere."""
    with _application():
        from sleuth.accounts import people

        people.reset_password(email, _password(password_stdin))
        click.echo(f"{email} has a new password.")


@main.group("access-token")
def access_token() -> None:
    """Access tokens for the API: create."""


@access_token.command("create")
@organization_option
@click.option(
    "--type",
    "kind",
    required=True,
    type=click.Choice(TOKEN_TYPES, case_sensitive=False),
    help="What the token opens.",
)
@click.option("--name", default="Command line", show_default=True, help="What will use it.")
@as_json
def create_access_token(slug: str, kind: str, name: str, as_json: bool) -> None:
    """Create an access token and print it; it cannot be shown again."""
    with _application():
        from sleuth.accounts import tokens
        from sleuth.accounts.models import TokenType

        new = tokens.create_token(_organization(slug).id, name, TokenType(kind.upper()))
        _say(as_json, new.raw, name=new.name, type=kind.upper(), token=new.raw)


@main.command()
@as_json
def doctor(as_json: bool) -> None:
    """Check data directory, keys, database, queue and plugins; exits with 1 if one fails."""
    from sleuth.doctor import examine
    from sleuth.factory import create_app

    findings = examine(create_app())
    if as_json:
        rows = [{"name": each.name, "ok": each.is_ok, "detail": each.detail} for each in findings]
        click.echo(json.dumps(rows, indent=2))
    else:
        for each in findings:
            click.echo(f"{'ok' if each.is_ok else 'FAILED':7} {each.name}: {each.detail}")
    sys.exit(0 if all(each.is_ok for each in findings) else 1)


@main.command("rotate-keys")
def rotate_keys() -> None:
    """Encrypt stored credentials anew with the first of SLEUTH_ENCRYPTION_KEYS."""
    with _application():
        from sleuth import crypto
        from sleuth.accounts import audit
        from sleuth.extensions import db, write

        with write():
            count = crypto.rotate_keys(db.session.connection(), db.metadata)
            audit.record(None, "encryption_keys.rotated", f"{count} values")
        click.echo(f"{count} values are encrypted with the first key; the others may go.")


@contextmanager
def _application() -> Iterator[None]:
    from sleuth.accounts import audit
    from sleuth.serve.prepare import prepared_app

    with prepared_app().app_context(), audit.acting_as(ACTOR):
        yield


def _refusals() -> tuple[type[Exception], ...]:
    from sleuth.accounts.rules import RuleError
    from sleuth.config import SettingError
    from sleuth.crypto import EncryptionKeyError
    from sleuth.serve.prepare import PreparationError

    return RuleError, SettingError, EncryptionKeyError, PreparationError


def _organization(slug: str) -> Organization:
    from sleuth.accounts.organizations import find_organization

    found = find_organization(slug)
    if found is None:
        raise click.ClickException(f"There is no organization {slug!r}.")
    return found


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.ClickException("Give the password on stdin, with --password-stdin.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _say(as_json: bool, sentence: str, **data: Any) -> None:
    click.echo(json.dumps(data) if as_json else sentence)
