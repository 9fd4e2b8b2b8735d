"""The one table of permissions: which role may use which endpoint."""

from __future__ import annotations

import enum

from sleuth.accounts.models import Role


class Permission(enum.Enum):
    """What an endpoint asks of whoever calls it."""

    PUBLIC = "anybody, signed in or not"
    TOKEN = "an access token of the organization"  # noqa: S105
    SIGNED_IN = "a signed-in person"
    LOOK = "a member of the organization"
    CHANGE = "a developer, administrator or owner"
    ADMINISTER = "an administrator or owner"


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OBSERVER: frozenset({Permission.LOOK}),
    Role.DEVELOPER: frozenset({Permission.LOOK, Permission.CHANGE}),
    Role.ADMINISTRATOR: frozenset({Permission.LOOK, Permission.CHANGE, Permission.ADMINISTER}),
    Role.OWNER: frozenset({Permission.LOOK, Permission.CHANGE, Permission.ADMINISTER}),
}

ENDPOINTS: dict[str, Permission] = {
    # accounts
    # projects
    # deploys
    # integrations
    # impact
    # dashboard
    # web
    "asset": Permission.PUBLIC,
}


def grants(role: str, permission: Permission) -> bool:
    """Tell whether ``role`` holds ``permission``."""
    return permission in GRANTS[Role(role)]
