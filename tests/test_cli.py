"""The ``sleuth`` command, as whoever runs the server types it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import func, select

from sleuth import cli, factory, trackers
from sleuth.accounts import setup_code, tokens
from sleuth.accounts.models import AccessToken, AuditEntry, Membership, Organization, TokenType
from sleuth.extensions import db
from sleuth.integrations.models import Integration
from sleuth.serve import prepare
from tests.conftest import NOW, PASSWORD, Cast

Command = Callable[..., Result]


@pytest.fixture
def command(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command against the application under test."""
    monkeypatch.setattr(prepare, "prepared_app", lambda: app)
    monkeypatch.setattr(factory, "create_app", lambda **_options: app)
    monkeypatch.setattr(trackers, "try_plugins", lambda _config: {})

    def run(*arguments: str, stdin: str = "") -> Result:
        db.session.rollback()
        result = CliRunner().invoke(cli.main, arguments, input=stdin)
        db.session.rollback()
        return result

    return run


SETUP = ("setup", "--organization", "Initech", "--email", "peter@initech.test")
ADD = ("member", "add", "--organization", "acme", "--email", "nina@acme.test")


def test_setup_creates_organization_and_owner(command: Command, app: Flask) -> None:
    setup_code.ensure(app)
    result = command(*SETUP, "--name", "Peter", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert (result.exit_code, result.output) == (
        0,
        "Sleuth is set up; peter@initech.test can sign in.\n",
    )
    entered = {"email": "peter@initech.test", "password": PASSWORD}
    assert app.test_client().post("/sign-in", data=entered).status_code == 303
    assert not Path(app.config["SLEUTH_DATA_DIR"], setup_code.FILE_NAME).exists()


def test_setup_is_the_command_lines_deed(command: Command) -> None:
    command(*SETUP, "--password-stdin", stdin=PASSWORD)
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.actor_label, entry.action) == ("command line", "organization.created")


def test_setup_happens_once(command: Command, cast: Cast) -> None:
    result = command(*SETUP, "--password-stdin", stdin=PASSWORD)
    assert result.exit_code == 1
    assert result.output == "Error: Sleuth is already set up; sign in instead.\n"


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (("--password-stdin",), "short\n", "The password needs 10 characters or more."),
        ((), "", "Give the password on stdin, with --password-stdin."),
    ],
)
def test_setup_says_what_is_wrong(
    command: Command, arguments: tuple[str, ...], stdin: str, sentence: str
) -> None:
    result = command(*SETUP, *arguments, stdin=stdin)
    assert result.exit_code == 1
    assert result.output == f"Error: {sentence}\n"
    assert db.session.scalar(select(func.count(Organization.id))) == 0


def test_a_person_at_the_keyboard_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(cli.click, "prompt", lambda *_args, **_options: PASSWORD)
    assert cli._password(from_stdin=False) == PASSWORD


def test_an_organization_is_created_for_somebody_known(command: Command, cast: Cast) -> None:
    result = command(
        "organization", "create", "--organization", "Hooli", "--email", "olga@acme.test"
    )
    assert result.output == "Hooli is created; its addresses begin with /o/hooli.\n"


def test_an_organization_is_created_with_a_new_owner(command: Command, cast: Cast) -> None:
    result = command(
        *("organization", "create", "--organization", "Hooli", "--email", "gavin@hooli.test"),
        *("--password-stdin", "--json"),
        stdin=PASSWORD,
    )
    assert json.loads(result.output) == {"name": "Hooli", "organization": "hooli"}


def test_a_member_is_added(command: Command, cast: Cast) -> None:
    result = command(*ADD, "--role", "developer", "--password-stdin", stdin=PASSWORD)
    assert result.output == "nina@acme.test is a member of Acme now, as developer.\n"
    added = db.session.scalars(select(Membership).order_by(Membership.id.desc())).first()
    assert added is not None
    assert (added.user.email, added.role) == ("nina@acme.test", "developer")


def test_somebody_known_is_added_without_a_password(command: Command, cast: Cast) -> None:
    arguments = ("member", "add", "--organization", "acme", "--email", "xena@globex.test")
    result = command(*arguments, "--role", "observer", "--json")
    assert json.loads(result.output) == {
        "email": "xena@globex.test",
        "organization": "acme",
        "role": "observer",
    }


def test_an_owner_cannot_be_added(command: Command, cast: Cast) -> None:
    result = command(*ADD, "--role", "owner", "--password-stdin", stdin=PASSWORD)
    assert result.exit_code == 2
    assert "'owner' is not one of" in result.output


def test_an_organization_has_to_exist(command: Command, cast: Cast) -> None:
    arguments = ("access-token", "create", "--organization", "nowhere", "--type", "all")
    result = command(*arguments)
    assert (result.exit_code, result.output) == (1, "Error: There is no organization 'nowhere'.\n")


def test_a_forgotten_password_is_set_anew(command: Command, cast: Cast, app: Flask) -> None:
    new = "another horse battery"
    arguments = ("member", "set-password", "--email", "olga@acme.test", "--password-stdin")
    assert command(*arguments, stdin=new).output == "olga@acme.test has a new password.\n"
    entered = {"email": "olga@acme.test", "password": new}
    assert app.test_client().post("/sign-in", data=entered).status_code == 303


def test_an_access_token_is_printed_alone(command: Command, cast: Cast) -> None:
    arguments = ("access-token", "create", "--organization", "acme", "--type", "register_deploy")
    result = command(*arguments, "--name", "CI")
    raw = result.output.removesuffix("\n")
    found = tokens.authenticate_token(raw, "acme", {TokenType.REGISTER_DEPLOY})
    assert found is not None
    assert found.name == "CI"


@pytest.mark.parametrize("kind", TokenType)
def test_there_is_a_command_for_every_type_of_token(
    command: Command, cast: Cast, kind: TokenType
) -> None:
    arguments = ("access-token", "create", "--organization", "acme", "--type", kind.lower())
    raw = command(*arguments).output.strip()
    assert tokens.authenticate_token(raw, "acme", {kind}) is not None


def test_an_access_token_is_printed_as_json(command: Command, cast: Cast) -> None:
    arguments = ("access-token", "create", "--organization", "acme", "--type", "all", "--json")
    printed = json.loads(command(*arguments).output)
    assert (printed["name"], printed["type"]) == ("Command line", "ALL")
    assert printed["token"].endswith(db.session.scalars(select(AccessToken)).one().last_four)


def test_plugins_are_listed(command: Command) -> None:
    result = command("plugins")
    assert result.exit_code == 0
    assert "loaded    sentry 0.1.0, bundled" in result.output
    assert "all 5 required hooks and sleuth_check_impact" in result.output
    assert all(len(line) <= 80 for line in result.output.splitlines())
    rows = json.loads(command("plugins", "--json").output)
    assert "sentry" in [row["name"] for row in rows]


class TestRotatingKeys:
    @pytest.fixture
    def settings(self, settings):
        self.old, self.new = settings["SLEUTH_ENCRYPTION_KEYS"], Fernet.generate_key().decode()
        return {**settings, "SLEUTH_ENCRYPTION_KEYS": f"{self.new},{self.old}"}

    def test_every_credential_is_encrypted_anew(self, command: Command, cast: Cast) -> None:
        from sleuth.extensions import write

        with write():
            db.session.add(
                Integration(
                    organization_id=cast.acme.id,
                    provider="sentry",
                    credentials={"auth_token": "sntryu_secret"},
                    connected_at=NOW,
                )
            )
        result = command("rotate-keys")
        assert result.output == "1 values are encrypted with the first key; the others may go.\n"
        assert db.session.scalars(select(AuditEntry)).one().action == "encryption_keys.rotated"


def test_the_doctor_says_what_is_wrong(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from sleuth import doctor

    finding = doctor.Finding("queue", False, "nobody answers")
    monkeypatch.setattr(doctor, "examine", lambda _app: [finding])
    result = command("doctor")
    assert (result.exit_code, result.output) == (1, "FAILED  queue: nobody answers\n")
    assert json.loads(command("doctor", "--json").output) == [
        {"name": "queue", "ok": False, "detail": "nobody answers"}
    ]


def test_the_doctor_is_content(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from sleuth import doctor

    monkeypatch.setattr(doctor, "examine", lambda _app: [doctor.Finding("queue", True, "here")])
    result = command("doctor")
    assert (result.exit_code, result.output) == (0, "ok      queue: here\n")


def test_a_bug_is_not_made_a_sentence(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(prepare, "prepared_app", broken)
    result = command(*SETUP, "--password-stdin", stdin=PASSWORD)
    assert isinstance(result.exception, ZeroDivisionError)


COMMANDS = [
    ("setup",),
    ("organization",),
    ("organization", "create"),
    ("member",),
    ("member", "add"),
    ("member", "set-password"),
    ("access-token",),
    ("access-token", "create"),
    ("plugins",),
    ("plugin",),
    ("plugin", "check"),
    ("plugin", "new"),
    ("plugin", "serve"),
    ("doctor",),
    ("rotate-keys",),
]


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(names: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli.main, [*names, "--help"])
    assert result.exit_code == 0
    assert "Usage: " in result.output


def test_no_command_is_forgotten_above() -> None:
    found = {(name,) for name in cli.main.commands}
    for name, command in cli.main.commands.items():
        found |= {(name, inner) for inner in getattr(command, "commands", {})}
    assert found == set(COMMANDS)


def test_help_does_not_load_the_application() -> None:
    program = (
        "import sys; from sleuth.cli import main; main(['setup', '--help'], standalone_mode=False);"
        "assert not {'flask', 'sqlalchemy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


@pytest.mark.sqlite
def test_a_fresh_checkout_can_be_set_up_by_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLEUTH_DATA_DIR", str(tmp_path / "var"))
    program = [sys.executable, "-m", "sleuth", *SETUP, "--password-stdin", "--json"]
    done = subprocess.run(program, input=PASSWORD, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ('{"email": "peter@initech.test"}\n', 0), done.stderr
