"""The addresses of the API that reads, and of the document that describes the whole API."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app
from werkzeug.exceptions import HTTPException, NotFound

from sleuth.api import access, deploys, parameters
from sleuth.api.answers import answer, public_answer
from sleuth.api.evidence import read_evidence
from sleuth.api.series import read_series
from sleuth.extensions import csrf, limiter
from sleuth.web import problems

RATE_LIMIT = "300 per minute"
NO_DEPLOY = "This organization has no deploy with this id."
NO_SOURCE = "This organization has no impact source with this id."
TOO_MANY = "Too many requests from this address: wait {} s, then try again."
DOCUMENT = Path("docs", "api", "openapi.json")

blueprint = Blueprint("api", __name__)


def init_app(app: Flask) -> None:
    """Register the API; its keys are no cookies, so it needs no CSRF token."""
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


limited = limiter.shared_limit(RATE_LIMIT, scope="the API that reads")
get = partial(blueprint.get, merge_slashes=False)  # a doubled slash is no address, nor a redirect


@blueprint.errorhandler(429)
def too_many(_error: HTTPException) -> Response:
    """Say when the caller may ask again."""
    limit = limiter.current_limit
    seconds = max(1, round(limit.reset_at - time.time())) if limit else 60
    response = problems.problem(429, TOO_MANY.format(seconds))
    response.headers["Retry-After"] = str(seconds)
    return response


@get("/api/v1/deploys")
@limited
def deploys_page() -> Response:
    """Answer with a page of deploys, newest first."""
    organization_id = access.reading_organization_id()
    found, cursor = deploys.read_page(organization_id, parameters.read_deploys_query())
    return answer({"deploys": found, "next": cursor}, cursor)


@get("/api/v1/deploys/<public_id>")
@limited
def deploy(public_id: str) -> Response:
    """Answer with one deploy and what it changed."""
    organization_id = access.reading_organization_id()
    parameters.read_no_query()
    found = deploys.read_one(organization_id, public_id)
    if found is None:
        raise NotFound(NO_DEPLOY)
    return answer(found)


@get("/api/v1/deploys/<public_id>/evidence")
@limited
def evidence(public_id: str) -> Response:
    """Answer with what the verdicts on a deploy rest on."""
    organization_id = access.reading_organization_id()
    parameters.read_no_query()
    found = read_evidence(organization_id, public_id)
    if found is None:
        raise NotFound(NO_DEPLOY)
    return answer(found)


@get("/api/v1/impact-sources/<source_id>/series")
@limited
def series(source_id: str) -> Response:
    """Answer with a page of an impact source's counts."""
    organization_id = access.reading_organization_id()
    found = read_series(organization_id, source_id, parameters.read_series_query())
    if found is None:
        raise NotFound(NO_SOURCE)
    body, cursor = found
    return answer({**body, "next": cursor}, cursor)


@get("/api/openapi.json")
def openapi() -> Response:
    """Answer with the description of the whole API in OpenAPI."""
    return public_answer((Path(current_app.root_path).parent / DOCUMENT).read_bytes())
