"""The page about reading by the API: its commands work, its tables are complete."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from sleuth.api import parameters, series
from sleuth.api.web import RATE_LIMIT
from sleuth.impact.retention import KEEP_HOURS, KEEP_MINUTES
from tests.api.conftest import DOCUMENT, World
from tests.test_readme import shell_commands

PAGE = Path(__file__).parent.parent.parent / "docs" / "api.md"
TEXT = PAGE.read_text()
COMMANDS = list(shell_commands(PAGE, "curl"))


def rows(first: str, number: int = 0) -> set[str]:
    """Return the first column of a table with this heading."""
    table = TEXT.split(f"| {first} |")[number + 1].partition("\n\n")[0]
    return set(re.findall(r"^\| `?([^`|]+?)`? \|", table, re.MULTILINE)) - {"---"}


def run(app: Flask, words: list[str]) -> TestResponse:
    """Do what curl does with a command."""
    options = list(zip(words, [*words[1:], ""], strict=True))
    url = urlsplit(next(each for each in words if each.startswith("https://")))
    headers = dict(value.split(": ", 1) for name, value in options if name == "-H")
    query = parse_qsl(url.query)
    for name, value in options:
        if name in {"-d", "--data-urlencode"}:
            assert "--get" in words
            query.append(tuple(value.split("=", 1)))
    return app.test_client().get(url.path, query_string=query, headers=headers)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[-1])
def test_every_command_works(app: Flask, world: World, token: str, command: list[str]) -> None:
    meant = {"TOKEN": token, "DEPLOY": world.deploy.public_id, "SOURCE": world.source.public_id}
    words = [re.sub("TOKEN|DEPLOY|SOURCE", lambda each: meant[each[0]], word) for word in command]
    assert run(app, words).status_code == 200


def test_there_is_a_command_for_every_address() -> None:
    paths = {urlsplit(next(w for w in words if w.startswith("https"))).path for words in COMMANDS}
    addresses = {each.removeprefix("GET ") for each in rows("address")}
    named = {re.sub("DEPLOY|SOURCE", "ID", path) for path in paths}
    assert named == addresses
    described = {path for path in DOCUMENT["paths"] if "register" not in path}
    assert {re.sub(r"\{\w+\}", "ID", path) for path in described} == addresses


def test_every_parameter_and_status_is_explained() -> None:
    assert rows("parameter") == parameters.DeploysQuery.NAMES
    assert rows("parameter", 1) == parameters.SeriesQuery.NAMES
    described: set[str] = set()
    for path, methods in DOCUMENT["paths"].items():
        if path.startswith("/api/v1/"):
            described |= set(methods["get"]["responses"])
    assert rows("status") == described - {"200"}


def test_limits_are_as_said() -> None:
    assert f"1 to {parameters.MOST_DEPLOYS}; {parameters.USUAL_DEPLOYS} if left out" in TEXT
    assert f"up to {parameters.LONGEST_STEP:,}" in TEXT
    assert f"{series.MOST_BUCKETS:,}\nbuckets at most" in TEXT
    assert f"{RATE_LIMIT.split()[0]} requests a minute" in TEXT
    assert f"for {KEEP_MINUTES.days} days and hours for {KEEP_HOURS.days}" in TEXT
