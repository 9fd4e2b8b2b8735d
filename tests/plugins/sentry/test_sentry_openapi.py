"""The stand-in answers in the shapes of Sentry's own API description, where that is at hand."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from plugins.sentry.sandbox import TOKENS, Sandbox

ROOT = Path(__file__).parents[3]
CONTRACT = Path(
    os.environ.get("SLEUTH_SENTRY_OPENAPI")
    or ROOT.parent / "shared" / "contracts" / "sentry-openapi-slice.json"
)
ORGANIZATION = "/api/0/organizations/{organization_id_or_slug}/"
PROJECT = "/api/0/projects/{organization_id_or_slug}/{project_id_or_slug}/"
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


@cache
def responses() -> dict[str, Any]:
    document = json.loads(CONTRACT.read_text(encoding="utf-8"))
    return {
        path: item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        for path, item in document["paths"].items()
    }


def faults(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:
    """Return where a value departs from an OpenAPI 3.0 schema (the part of it used there)."""
    if value is None and (schema.get("nullable") or not schema):
        return []
    if "anyOf" in schema:
        tried = [faults(value, option, where) for option in schema["anyOf"]]
        return min(tried, key=len)
    expected = TYPES.get(schema.get("type", ""), (object,))
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected[:1]):
        return [f"{where}: {value!r} is not {schema['type']}"] if "type" in schema else []
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is none of {schema['enum']}"]
    return _inside(value, schema, where)


def _inside(value: Any, schema: dict[str, Any], where: str) -> list[str]:
    if isinstance(value, list):
        items = schema.get("items", {})
        return [f for i, row in enumerate(value) for f in faults(row, items, f"{where}[{i}]")]
    if not isinstance(value, dict):
        return []
    found = [
        f"{where}: {name} is missing" for name in schema.get("required", ()) if name not in value
    ]
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            found += faults(value[name], inner, f"{where}.{name}")
    return found


@pytest.mark.skipif(not CONTRACT.is_file(), reason=f"no API description at {CONTRACT}")
@pytest.mark.parametrize(
    ("described", "asked"),
    [
        ("/api/0/organizations/", "/api/0/organizations/"),
        (ORGANIZATION, "/api/0/organizations/1001/"),
        (ORGANIZATION + "projects/", "/api/0/organizations/acme/projects/"),
        (ORGANIZATION + "environments/", "/api/0/organizations/acme/environments/"),
        (
            ORGANIZATION + "events-timeseries/",
            "/api/0/organizations/acme/events-timeseries/"
            "?dataset=errors&project=4501&interval=1m&statsPeriod=1h",
        ),
        (
            ORGANIZATION + "issues/",
            "/api/0/organizations/acme/issues/?project=4501&query=&statsPeriod=1h",
        ),
        (ORGANIZATION + "releases/", "/api/0/organizations/acme/releases/?project=4501"),
        (PROJECT, "/api/0/projects/acme/web/"),
        (PROJECT, "/api/0/projects/acme/greenfield/"),
        (PROJECT + "environments/", "/api/0/projects/acme/web/environments/"),
    ],
)
def test_an_answer_has_the_documented_shape(sandbox: Sandbox, described: str, asked: str) -> None:
    headers = {"Authorization": f"Bearer {TOKENS['full'].value}"}
    deployed = sandbox.clock() - timedelta(minutes=20)
    sandbox.add_incident(
        "acme", "web", "production", deployed, 10, new_errors=["KeyError"], release="web@1"
    )

    answer = requests.get(sandbox.url + asked, headers=headers, timeout=5)

    assert answer.status_code == 200
    assert answer.json()
    assert faults(answer.json(), responses()[described]) == []


@pytest.mark.parametrize(
    ("value", "schema", "fault"),
    [
        ({}, {"type": "object", "required": ["id"]}, "$: id is missing"),
        ({"id": 1}, {"properties": {"id": {"type": "string"}}}, "$.id: 1 is not string"),
        ([None], {"type": "array", "items": {"type": "string"}}, "$[0]: None is not string"),
        (True, {"type": "integer"}, "$: True is not integer"),
        ("x", {"type": "string", "enum": ["y"]}, "$: 'x' is none of ['y']"),
        (1, {"anyOf": [{"type": "string"}, {"type": "boolean"}]}, "$: 1 is not string"),
    ],
)
def test_the_comparison_finds_what_departs(value: Any, schema: dict[str, Any], fault: str) -> None:
    assert faults(value, schema) == [fault]
