"""The document that describes the API says what is so: addresses, answers, limits."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask
from werkzeug.test import TestResponse

from sleuth.accounts.models import TokenType
from sleuth.accounts.tokens import create_token
from sleuth.api import parameters, series
from sleuth.api.web import RATE_LIMIT
from sleuth.dashboard.ranks import BEST_FIRST
from tests.api.conftest import DOCUMENT, Get, World
from tests.conftest import Cast

SCHEMAS = DOCUMENT["components"]["schemas"]


def resolved(described: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference into the components, if it is one."""
    if "$ref" not in described:
        return described
    _, _, kind, name = described["$ref"].split("/")
    found: dict[str, Any] = DOCUMENT["components"][kind][name]
    return found


def check(answer: TestResponse, path: str, method: str = "get") -> None:
    """Hold an answer against what is described of it: status, type, headers and body."""
    described = resolved(DOCUMENT["paths"][path][method]["responses"][str(answer.status_code)])
    for name in described.get("headers", {}):
        assert name == "Link" or name in answer.headers, name
    content = described.get("content", {})
    assert set(content) == ({answer.mimetype} if answer.data else set())
    for media in content.values():
        schema = {**media["schema"], "components": DOCUMENT["components"]}
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(answer.json)


def test_it_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_it_describes_every_route_of_the_api_and_no_other(app: Flask) -> None:
    routes = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            path = re.sub(r"<(\w+)>", r"{\1}", rule.rule)
            spelled = path.rstrip("/").replace("register-deploy", "register_deploy")
            routes |= {(spelled, each) for each in rule.methods - {"HEAD", "OPTIONS"}}
    described = {
        (path, method.upper())
        for path, methods in DOCUMENT["paths"].items()
        for method in methods.keys() - {"parameters"}
    }
    assert described == routes


def test_it_describes_every_parameter_and_its_limits() -> None:
    for path, names in (
        ("/api/v1/deploys", parameters.DeploysQuery.NAMES),
        ("/api/v1/impact-sources/{source_id}/series", parameters.SeriesQuery.NAMES),
        ("/api/v1/deploys/{public_id}", frozenset()),
        ("/api/v1/deploys/{public_id}/evidence", frozenset()),
    ):
        described = [resolved(each) for each in DOCUMENT["paths"][path]["get"]["parameters"]]
        assert {each["name"] for each in described if each["in"] == "query"} == names
    limit = DOCUMENT["paths"]["/api/v1/deploys"]["get"]["parameters"][0]["schema"]
    assert (limit["maximum"], limit["default"]) == (
        parameters.MOST_DEPLOYS,
        parameters.USUAL_DEPLOYS,
    )
    assert SCHEMAS["DeployPage"]["properties"]["deploys"]["maxItems"] == parameters.MOST_DEPLOYS
    assert SCHEMAS["Series"]["properties"]["counts"]["maxItems"] == series.MOST_BUCKETS
    assert set(SCHEMAS["Health"]["enum"]) == set(BEST_FIRST)
    said = DOCUMENT["components"]["responses"]["TooManyRequests"]["description"]
    assert f"More than {RATE_LIMIT.split()[0]} requests" in said


def test_every_part_that_is_described_is_used() -> None:
    text = str(DOCUMENT)
    for kind, parts in DOCUMENT["components"].items():
        if kind != "securitySchemes":
            for name in parts:
                assert f"#/components/{kind}/{name}'" in text, name


def test_everything_has_a_description() -> None:
    for name, schema in SCHEMAS.items():
        assert schema.get("description") or name in {"Deploy", "Commit", "WebAddress"}, name
    for path in DOCUMENT["paths"].values():
        for operation in (path[method] for method in path.keys() - {"parameters"}):
            assert operation["summary"]
            assert operation["operationId"]


def test_answers_are_as_described(get: Get, world: World) -> None:
    for environment in ("production", "staging"):
        check(get("deploys", environment=environment), "/api/v1/deploys")
    check(get("deploys", limit=1), "/api/v1/deploys")
    check(get("deploys", limit=0), "/api/v1/deploys")
    for deploy in (world.deploy, world.quiet):
        path = f"deploys/{deploy.public_id}"
        check(get(path), "/api/v1/deploys/{public_id}")
        check(get(f"{path}/evidence"), "/api/v1/deploys/{public_id}/evidence")
    path = f"impact-sources/{world.source.public_id}/series"
    for query in ({}, {"since": "2026-03-01T00:00:00Z"}, {"step": "7"}):
        check(get(path, **query), "/api/v1/impact-sources/{source_id}/series")


@pytest.mark.parametrize(
    ("path", "described"),
    [
        ("deploys", "/api/v1/deploys"),
        ("deploys/none", "/api/v1/deploys/{public_id}"),
        ("deploys/none/evidence", "/api/v1/deploys/{public_id}/evidence"),
        ("impact-sources/none/series", "/api/v1/impact-sources/{source_id}/series"),
    ],
)
def test_refusals_are_as_described(get: Get, cast: Cast, path: str, described: str) -> None:
    check(get(path), described)
    check(get(path, "wrong"), described)
    check(get(path, other="x"), described)
    check(get(path, create_token(cast.acme.id, "CI", TokenType.REGISTER_DEPLOY).raw), described)
    etag = get(path).headers.get("ETag")
    if etag:
        check(get(path, _headers={"If-None-Match": etag}), described)


def test_anybody_may_read_it(app: Flask) -> None:
    client = app.test_client()
    answer = client.get("/api/openapi.json")
    assert answer.json == DOCUMENT
    check(answer, "/api/openapi.json")
    again = client.get("/api/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    check(again, "/api/openapi.json")
    assert answer.headers["Cache-Control"] == "public, no-cache"
