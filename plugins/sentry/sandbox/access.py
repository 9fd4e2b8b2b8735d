"""Who asks, and may they: the order of checks is that of Sentry."""

from __future__ import annotations

from collections.abc import Callable, Collection

from plugins.sentry.sandbox.exchange import (
    CONTROL,
    Answer,
    RefusalError,
    Request,
    forbidden,
    moved_within,
    no_such_resource,
    refuse,
)
from plugins.sentry.sandbox.tokens import BY_VALUE, Token
from plugins.sentry.sandbox.world import Organization, World

ORG_READ = ("org:read", "org:write", "org:admin")
PROJECT_READ = ("project:read", "project:write", "project:admin")
EVENT_READ = ("event:read", "event:write", "event:admin")
RELEASES_READ = (*PROJECT_READ, "project:releases", "org:ci")
_TOO_OFTEN = (
    b'{"detail":"You are attempting to use this endpoint too frequently. '
    b'Limit is 40 requests in 1 seconds"}'
)


def authenticate(
    request: Request,
    revoked: Collection[str],
    as_it_is_now: Callable[[Token], Token] = lambda token: token,
) -> Token:
    """Return the caller's token.

    Args:
        as_it_is_now: What becomes of a token in the situations that are on.

    Raises:
        RefusalError: 401 with Sentry's wording, or 429 for the throttled token.
    """
    if not request.token:
        raise refuse(401, "Authentication credentials were not provided.")
    if " " in request.token:
        raise refuse(401, "Invalid token header. Token string should not contain spaces.")
    token = BY_VALUE.get(request.token)
    if token is None or token.value in revoked:
        is_organization_token = request.token.startswith("sntrys_")
        raise refuse(401, "Invalid org token" if is_organization_token else "Invalid token")
    token = as_it_is_now(token)
    if token.refusal:
        raise refuse(401, token.refusal)
    if token.is_throttled:
        raise RefusalError(too_often())
    return token


def too_often() -> Answer:
    """JSON that says it is HTML, and no ``Retry-After``: as Sentry really answers."""
    return Answer(429, _TOO_OFTEN, {"Content-Type": "text/html; charset=utf-8"})


def require_scope(token: Token, any_of: Collection[str]) -> None:
    """Refuse with 403 unless the token has one of these scopes."""
    if not set(any_of) & set(token.scopes):
        raise forbidden()


def organization_for(
    world: World, token: Token, request: Request, id_or_slug: str, any_of: Collection[str]
) -> Organization:
    """Return an organization that the caller may read through the host it asked.

    Args:
        any_of: Scopes of which one is needed.

    Raises:
        RefusalError: 403 without the scope, 302 renamed, 404 unknown or in another region,
            403 not a member, 401 for single sign-on and its relatives.
    """
    require_scope(token, any_of)
    organization = world.organization(id_or_slug)
    for each in world.organizations:
        if each.former_slug == id_or_slug:
            raise moved_within(request, id_or_slug, each.slug)
    if organization is None or organization.status != "active":
        raise no_such_resource()
    if request.silo not in (CONTROL, organization.region):
        raise no_such_resource()
    if organization.slug not in token.organizations:
        raise forbidden()
    if token.barrier:
        raise refuse(401, _barrier(token.barrier, organization.slug))
    return organization


def _barrier(code: str, slug: str) -> dict[str, object]:
    message = {
        "sso-required": "Must login via SSO",
        "2fa-required": "Organization requires two-factor authentication to be enabled",
        "member-disabled-over-limit": "Organization over member limit",
    }[code]
    return {"code": code, "message": message, "extra": {"loginUrl": f"/auth/login/{slug}/"}}
