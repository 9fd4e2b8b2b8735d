"""The registration API, spelled and answered as Sleuth's: plain sentences, not pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, Response, g, request
from sqlalchemy.exc import NoResultFound
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, Unauthorized

from sleuth import clock
from sleuth.accounts.models import AccessToken, TokenType
from sleuth.accounts.tokens import authenticate_token
from sleuth.config import LARGEST_BODY
from sleuth.deploys import registration
from sleuth.deploys.parameters import parse
from sleuth.deploys.service import find_code_deployment
from sleuth.deploys.values import ParameterError, TooLargeError, from_json
from sleuth.extensions import csrf, limiter

DEPLOYMENT = "/<organization_slug>/<deployment_slug>"
MOST_FORM_FIELDS = 1_000
RATE_LIMIT = "300 per minute"
OPENED_BY = {TokenType.REGISTER_DEPLOY, TokenType.ALL}
SCHEMES = {"bearer", "apikey"}
LISTED = {"tags", "links"}
"""Form fields that may come more than once."""

NO_KEY = "An access token is missing: send the header “Authorization: Bearer TOKEN”."
WRONG_KEY = "This access token does not open this organization, or was revoked."
NO_DEPLOYMENT = "This organization has no code deployment “{}”."
TOO_LARGE = f"The request is larger than {LARGEST_BODY // 1024 // 1024} MB."
TOO_MANY = "Too many requests: wait a minute, then try again."
BROKEN = "Something broke on our side; the error has been logged."
NOT_UNDERSTOOD = "Send the parameters as a form or as a JSON object."
NOT_JSON = "The body is not valid JSON."

api = Blueprint("deploys_api", __name__, url_prefix="/api/1/deployments")


def init_app(app: Flask) -> None:
    """Register the API; its keys are no cookies, so it needs no CSRF token."""
    csrf.exempt(api)
    app.register_blueprint(api)


@api.errorhandler(HTTPException)
def explain(error: HTTPException) -> Response:
    """Answer an error with its sentence alone."""
    sentences = {413: TOO_LARGE, 429: TOO_MANY, 500: BROKEN}
    is_ours = error.description != type(error).description and error.code != 429
    sentence = error.description if is_ours else sentences.get(error.code or 500)
    answer = Response(f"{sentence or error.name}\n", error.code, mimetype="text/plain")
    if isinstance(error, Unauthorized):
        answer.headers["WWW-Authenticate"] = "Bearer"
    if error.code == 429:
        answer.headers["Retry-After"] = "60"
    return answer


@api.errorhandler(ParameterError)
def refuse(error: ParameterError) -> Response:
    """Answer with the sentence about the parameter."""
    status = 413 if isinstance(error, TooLargeError) else 400
    return Response(f"{error}\n", status, mimetype="text/plain")


@api.errorhandler(NoResultFound)
def gone(_error: NoResultFound) -> Response:
    """Somebody deleted the code deployment while this request was on its way."""
    return Response("This code deployment was just deleted.\n", 404, mimetype="text/plain")


@api.post(f"{DEPLOYMENT}/register-deploy/")
@api.post(f"{DEPLOYMENT}/register-deploy")
@api.post(f"{DEPLOYMENT}/register_deploy/")
@api.post(f"{DEPLOYMENT}/register_deploy")
@limiter.limit(RATE_LIMIT)
def register_deploy(organization_slug: str, deployment_slug: str) -> Response:
    """Store a deploy for whoever holds one of the organization's access tokens."""
    request.max_form_memory_size = LARGEST_BODY
    request.max_form_parts = MOST_FORM_FIELDS
    token = _authenticate(organization_slug)
    found = find_code_deployment(token.organization_id, deployment_slug)
    if found is None:
        raise NotFound(NO_DEPLOYMENT.format(deployment_slug))
    now = clock.now()
    registration.register_deploy(found.id, parse(_parameters(), now), now)
    return Response("Success", mimetype="text/plain")


def _authenticate(organization_slug: str) -> AccessToken:
    key = _key()
    if not key:
        raise Unauthorized(NO_KEY)
    token = authenticate_token(key, organization_slug, OPENED_BY)
    if token is None:
        raise Unauthorized(WRONG_KEY)
    g.access_token = token  # the audit log names it
    return token


def _key() -> str:
    scheme, _, key = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme:
        return key.strip() if scheme.lower() in SCHEMES else ""
    return str(_parameters().get("api_key") or "").strip()


def _parameters() -> Mapping[str, Any]:
    """Read the body once, whatever its form; curl calls JSON a form unless told otherwise."""
    if "parameters" not in g:
        body = request.get_data(cache=True).lstrip()
        g.parameters = _json(body) if request.is_json or body.startswith(b"{") else _form(body)
    found: Mapping[str, Any] = g.parameters
    return found


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        found = from_json(body)
    except ValueError:
        raise BadRequest(NOT_JSON) from None
    if not isinstance(found, dict):
        raise BadRequest(NOT_UNDERSTOOD)
    return found


def _form(body: bytes) -> Mapping[str, Any]:
    if body and not request.form and not request.mimetype.startswith("multipart/"):
        raise BadRequest(NOT_UNDERSTOOD)
    found: dict[str, Any] = request.form.to_dict()
    for name in LISTED & found.keys():
        values = request.form.getlist(name)
        found[name] = values if len(values) > 1 else values[0]
    return found
