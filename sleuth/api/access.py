"""Who reads: whoever holds an access token, which alone tells the organization."""

from __future__ import annotations

from flask import g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from sleuth.accounts.models import TokenType
from sleuth.accounts.tokens import identify_token

OPENED_BY = {TokenType.READ, TokenType.ALL}

NO_TOKEN = "An access token is missing: send the header “Authorization: Bearer TOKEN”."  # noqa: S105
WRONG_TOKEN = "This access token is unknown, or was revoked."  # noqa: S105
MAY_NOT_READ = (
    "This access token registers deploys and reads nothing: use one of the type READ or ALL, "
    "which an administrator creates under Settings, Access tokens."
)


def reading_organization_id() -> int:
    """Return the organization that the caller's token opens.

    Raises:
        Unauthorized: There is no token, or it does not work.
        Forbidden: It is of a type that does not read.
    """
    scheme, _, raw = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not raw.strip():
        raise _unauthorized(NO_TOKEN)
    token = identify_token(raw.strip())
    if token is None:
        raise _unauthorized(WRONG_TOKEN)
    if token.type not in OPENED_BY:
        raise Forbidden(MAY_NOT_READ)
    g.access_token = token
    return token.organization_id


def _unauthorized(sentence: str) -> Unauthorized:
    return Unauthorized(sentence, www_authenticate=WWWAuthenticate("bearer", {"realm": "Sleuth"}))
