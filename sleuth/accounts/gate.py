"""Decides at the door of every request who may pass, from the one table of permissions."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from sleuth.accounts.models import Membership
from sleuth.accounts.organizations import is_set_up
from sleuth.accounts.permissions import Permission, grants, permission_of
from sleuth.extensions import htmx

ORGANIZATION = "organization_slug"
_ORIGIN = re.compile(r"https?://[^/]*")
WITHOUT_MEMBERSHIP = {Permission.PUBLIC, Permission.TOKEN, Permission.SIGNED_IN}


def init_app(app: Flask) -> None:
    """Put the gate before every request and teach URLs the current organization."""
    app.url_value_preprocessor(_take_organization)
    app.url_defaults(partial(_fill_organization, app))
    app.before_request(enforce)
    app.jinja_env.globals["can"] = can


def can(permission: str) -> bool:
    """Tell whether the signed-in member holds the permission with this name, e.g. "change"."""
    membership = g.get("membership")
    return membership is not None and grants(membership.role, Permission[permission.upper()])


def enforce() -> Response | None:
    """Let the request pass, send it to sign-in, or abort with 403 or 404."""
    if request.endpoint is None:
        return None
    needed = permission_of(request.endpoint)
    if needed in (Permission.PUBLIC, Permission.TOKEN):
        return None
    if not current_user.is_authenticated:
        return _to_the_entrance()
    if needed is not Permission.SIGNED_IN:
        _require_membership(needed)
    return None


def _require_membership(needed: Permission) -> None:
    g.membership = _membership(g.get(ORGANIZATION, ""))
    if g.membership is None:
        abort(404)
    g.organization = g.membership.organization
    if not grants(g.membership.role, needed):
        abort(403)


def _membership(slug: str) -> Membership | None:
    """Return what was found while the person was recognized, if it is about this organization."""
    found: Membership | None = g.get("own_membership")
    return found if found is not None and found.organization.slug == slug else None


def _to_the_entrance() -> Response:
    if not is_set_up():
        return _redirect(url_for("accounts.set_up"))
    return _redirect(url_for("accounts.sign_in", next=_where_to_go_on()))


def _where_to_go_on() -> str | None:
    """Return the page to come back to after signing in; None stands for home."""
    if htmx:
        return _ORIGIN.sub("", htmx.current_url or "") or None
    if request.method in {"GET", "HEAD"} and request.path != "/":
        return request.full_path.rstrip("?")
    return None


def _redirect(url: str) -> Response:
    if not htmx:
        return redirect(url)
    answer = current_app.response_class(status=204)
    answer.headers["HX-Redirect"] = url
    return answer


def _take_organization(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values and request.endpoint and permission_of(request.endpoint) is not Permission.TOKEN:
        g.organization_slug = values.pop(ORGANIZATION, None)


def _fill_organization(app: Flask, endpoint: str, values: dict[str, Any]) -> None:
    slug = g.get(ORGANIZATION)
    if slug and ORGANIZATION not in values and _takes_organization(app, endpoint):
        values[ORGANIZATION] = slug


def _takes_organization(app: Flask, endpoint: str) -> bool:
    known = endpoint in app.view_functions  # else the caller gets the BuildError
    return known and app.url_map.is_endpoint_expecting(endpoint, ORGANIZATION)
