"""Nothing of anybody's is in what ``plugin check sentry --live`` prints or logs."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from plugins.sentry.sandbox import TOKENS, Sandbox
from plugins.sentry.sandbox.tokens import BY_VALUE, User
from sleuth.testing import forked
from sleuth.testing.forked import Tell
from tests.plugins.sentry.conftest import LIVE

ROOT = Path(__file__).parents[3]
SPOILT = ["none", "404", "404-empty", "403", "400", "500", "html-502", "echo-400", "echo-401"]
SPOILT += ["echo-502", "truncated", "no-projects", "interval", "unfinished", "same-page"]

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no child, whose log could not be seen here."""

    def told(work: Callable[[Tell], None]) -> Iterator[dict[str, Any]]:
        said: list[dict[str, Any]] = []
        work(lambda **each: said.append(each))
        yield from said

    monkeypatch.setattr(forked, "told", told)


PERSON = User("777001", "Canary Person", "canary@feathers.test")
NAMES = ("canary", "canary_integration")


@pytest.fixture
def canaries(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fill the stand-in with what can be recognized, and return all of it."""
    acme = sandbox.world.organization("acme")
    assert acme is not None
    acme.id, acme.slug, acme.name = "900123", "canary-corp", "Canary Corporation"
    found = [acme.id, acme.slug, acme.name, PERSON.id, PERSON.name]
    for number, project in enumerate(acme.projects):
        project.id, project.slug = f"90045{number}", f"nest-{number}"
        project.name = f"Nest of eggs {number}"
        project.environments = {
            f"plumage-{name or 'none'}": replace(each, name=f"plumage-{name or 'none'}")
            for name, each in project.environments.items()
        }
        found += [project.id, project.slug, project.name, *project.environments]
    for name, of in zip(NAMES, ("full", "integration"), strict=True):
        token = replace(
            TOKENS[of],
            value=f"{TOKENS[of].value[:7]}canary{name}secret0123456789",
            user=replace(PERSON, email=TOKENS[of].user.email) if of == "integration" else PERSON,
            organizations=("canary-corp",),
        )
        monkeypatch.setitem(BY_VALUE, token.value, token)
        monkeypatch.setitem(TOKENS, name, token)
        found += [token.value, b64encode(token.value.encode()).decode()[:24]]
        found += [token.value.encode().hex()]
    return [*found, PERSON.email]


@pytest.mark.parametrize("token", NAMES)
@pytest.mark.parametrize(
    "kind",
    SPOILT,
)
def test_no_name_id_or_token_is_in_report_or_log(
    canaries: list[str],
    sandbox: Sandbox,
    run: Run,
    token: str,
    kind: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    if kind != "none":
        sandbox.misbehave(kind, match="/events-")
    for form in ((), ("--json",)):
        result = run(token, *form)
        assert "environment-unknown" in result.stdout
        told = (result.stdout + result.stderr + caplog.text).lower()
        assert [each for each in canaries if each.lower() in told] == []


@pytest.mark.parametrize("kind", ["echo-400", "echo-401", "echo-502"])
def test_no_token_is_in_the_sentence_that_ends_it(
    canaries: list[str], sandbox: Sandbox, run: Run, kind: str
) -> None:
    sandbox.misbehave(kind)
    result = run("canary")
    assert result.exit_code == 2
    told = (result.stdout + result.stderr).lower()
    assert [each for each in canaries if each.lower() in told] == []


def test_what_a_region_of_ones_own_is_called_is_not_told(sandbox: Sandbox, run: Run) -> None:
    rows = [{"name": "corporation-east", "url": sandbox.url}]
    sandbox.misbehave("json", match="/users/me/regions/", body={"regions": rows})
    result = run("full")
    assert "regions: [name " in result.stdout
    assert "corporation" not in result.stdout


def test_no_address_of_a_server_of_ones_own_is_in_the_report(sandbox: Sandbox, run: Run) -> None:
    assert "127.0.0.1" not in run().stdout


def test_the_token_is_not_shown_on_a_terminal(sandbox: Sandbox) -> None:
    token = TOKENS["expired"].value
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sleuth", *LIVE, "--setting", f"url={sandbox.url}"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    while b"Auth Token" not in shown:
        shown += os.read(ours, 1000)
    os.write(ours, f"{token}\n".encode())
    assert process.wait(60) == 2
    shown += os.read(ours, 10_000)
    os.close(ours)
    assert token.encode() not in shown
    assert b"Error: " in shown
