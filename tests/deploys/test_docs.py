"""What the documents say of registering deploys is so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from sleuth.deploys import api, parameters, values
from sleuth.deploys.commands import commands
from sleuth.deploys.models import Deploy
from tests.deploys.conftest import Register

DOCS = Path(__file__).parent.parent.parent / "docs"
GUIDE = (DOCS / "deploys.md").read_text()
OPENAPI = json.loads((DOCS / "api" / "openapi.json").read_text())
SCHEMAS = OPENAPI["components"]["schemas"]
URL = "https://sleuth.example.com/api/1/deployments/ORG/DEPLOYMENT/register_deploy"
PATH = "/api/1/deployments/{organization_slug}/{deployment_slug}/register_deploy"
NAMES = {*parameters.READERS, "api_key"}


def rows(first: str) -> set[str]:
    """Return the first column of the guide's table with this heading."""
    table = GUIDE.partition(f"| {first} |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `?(\w+)`? \|", table, re.MULTILINE)) - {"---"}


def test_every_parameter_is_documented() -> None:
    assert rows("parameter") == NAMES
    assert set(SCHEMAS["Deploy"]["properties"]) == NAMES


@pytest.mark.parametrize(
    ("schema", "fields"),
    [
        ("Commit", parameters.COMMIT),
        ("PullRequest", parameters.PULL_REQUEST),
        ("File", parameters.FILE),
    ],
)
def test_every_field_is_documented(schema: str, fields: dict[str, Any]) -> None:
    described = SCHEMAS[schema]
    described = described.get("properties") or described["oneOf"][1]["properties"]
    assert set(described) == set(fields)
    for field in fields:
        assert f"`{field}`" in GUIDE


def test_limits_are_documented() -> None:
    deploy = SCHEMAS["Deploy"]["properties"]
    assert deploy["sha"]["maxLength"] == values.LONGEST_WORD
    assert deploy["commits"]["maxItems"] == parameters.MOST_COMMITS
    assert deploy["files"]["maxItems"] == parameters.MOST_FILES
    assert deploy["pull_requests"]["maxItems"] == parameters.MOST_PULL_REQUESTS
    assert deploy["tags"]["oneOf"][1]["maxItems"] == parameters.MOST_TAGS
    assert deploy["links"]["oneOf"][2]["maxProperties"] == parameters.MOST_LINKS
    for words in ("1,000 at most", "5,000 at most", "500 at most", "50 at most", "20 at most"):
        assert words in GUIDE
    assert f"{api.LARGEST_BODY // 2**20} MB" in GUIDE
    assert f"More than {api.RATE_LIMIT.split()[0]} requests" in GUIDE


def test_every_answer_is_documented() -> None:
    assert set(OPENAPI["paths"][PATH]["post"]["responses"]) == rows("status")


def test_the_address_is_documented(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules("deploys_api.register_deploy")}
    assert PATH.replace("{", "<").replace("}", ">") in rules


def test_the_guide_offers_what_the_pages_offer() -> None:
    for command in commands(URL):
        assert command.text in GUIDE


def test_the_example_in_json_registers_a_deploy(
    register: Register, stored: Callable[[], list[Deploy]]
) -> None:
    body = re.search(r"-d '(\{.*?\n  \})'", GUIDE, re.DOTALL)
    assert body
    assert register(data=body[1], content_type="application/json").text == "Success"
    assert stored()[0].links == {"build": "https://ci.example.com/runs/1"}
