"""Endpoints about who and what there is: index, regions, organizations, projects."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from plugins.sentry.sandbox.access import ORG_READ, PROJECT_READ, organization_for, require_scope
from plugins.sentry.sandbox.exchange import (
    CONTROL,
    Answer,
    Request,
    as_json,
    forbidden,
    moved_within,
    no_such_resource,
    nothing_here,
    paginated,
    refuse,
)
from plugins.sentry.sandbox.kinds import Kind
from plugins.sentry.sandbox.shapes import organization_row, project_detail, project_row
from plugins.sentry.sandbox.tokens import Token
from plugins.sentry.sandbox.world import Environment, Organization, Project, World

_ORGANIZATION_ENDPOINTS_ONLY = "This token access is limited to organization endpoints."
DEFAULT_REGION = "us"


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request and what is needed to answer it.

    Args:
        urls: Base URL of the control silo and of every region, by name.
        counts: Makes ``(organization, project, environment, since, until)`` a list of
            counts a minute.
        kinds: Makes ``(organization, project)`` the kinds of errors seen there.
    """

    request: Request
    token: Token
    world: World
    urls: dict[str, str]
    counts: Callable[[Organization, Project, str, int, int], list[int]]
    kinds: Callable[[Organization, Project], list[Kind]]

    def organization(self, id_or_slug: str, any_of: Collection[str] = ORG_READ) -> Organization:
        """Return the organization named in the path; refuses what may not be read."""
        return organization_for(self.world, self.token, self.request, id_or_slug, any_of)

    def other_url(self) -> str:
        """Return a host that is not the one asked: what pagination links name."""
        return self.urls[DEFAULT_REGION if self.request.silo == CONTROL else CONTROL]


def index(call: Call) -> Answer:
    """``/api/0/``: the token's scopes and its user; lives in the control silo."""
    _control_only(call)
    user = call.token.user
    described = user and {
        "id": user.id,
        "name": user.name,
        "username": user.email,
        "email": user.email,
        "isActive": True,
    }
    auth = {"scopes": list(call.token.scopes)}
    return as_json({"version": "0", "auth": auth, "user": described})


def regions(call: Call) -> Answer:
    """``/api/0/users/me/regions/``: empty for the proxy users of integrations."""
    _control_only(call)
    if call.token.kind == "organization":
        raise forbidden()
    own = {o.region for o in _memberships(call)} if call.token.kind == "user" else set()
    rows = [{"name": name, "url": call.urls[name]} for name in sorted(own, reverse=True)]
    return as_json({"regions": rows})


def organizations(call: Call) -> Answer:
    """``/api/0/organizations/``: those of one region; the control silo shows the default one."""
    require_scope(call.token, ORG_READ)
    region = DEFAULT_REGION if call.request.silo == CONTROL else call.request.silo
    is_everywhere = call.world.habits.lists_all_regions and call.request.silo == CONTROL
    own = _memberships(call) if call.token.kind == "user" else []
    shown = [o for o in own if is_everywhere or o.region == region]
    rows = [organization_row(o, _links(call, o)) for o in shown]
    return paginated(rows, call.request, call.other_url())


def organization(call: Call, id_or_slug: str) -> Answer:
    """``/api/0/organizations/{organization}/``."""
    found = call.organization(id_or_slug)
    return as_json(organization_row(found, _links(call, found)))


def projects(call: Call, id_or_slug: str) -> Answer:
    """``/api/0/organizations/{organization}/projects/``."""
    wanted = call.request.first("query").lower()
    found = call.organization(id_or_slug).projects
    rows = [project_row(p) for p in found if wanted in p.slug or wanted in p.name.lower()]
    return paginated(rows, call.request, call.other_url())


def all_projects(call: Call) -> Answer:
    """``/api/0/projects/``: of every organization in one region, with the organization."""
    if not call.token.lists_projects:
        raise refuse(401, "Token not found")
    require_scope(call.token, PROJECT_READ)
    region = DEFAULT_REGION if call.request.silo == CONTROL else call.request.silo
    rows = [
        {
            **project_row(project),
            "status": "active",
            "organization": organization_row(owner, _links(call, owner)),
        }
        for owner in _memberships(call)
        if owner.region == region
        for project in owner.projects
        if project.has_access
    ]
    return paginated(rows, call.request, call.other_url())


def organization_environments(call: Call, id_or_slug: str) -> Answer:
    """``/api/0/organizations/{organization}/environments/``: names, each once."""
    found = call.organization(id_or_slug)
    wanted = call.request.all("project")
    listed: dict[str, Environment] = {}
    for project in found.projects:
        if project.has_access and (not wanted or project.id in wanted):
            for environment in project.listed_environments(_visibility(call)):
                listed.setdefault(environment.name, environment)
    return as_json([{"id": e.id, "name": e.name} for e in listed.values()])


def project(call: Call, organization: str, id_or_slug: str) -> Answer:
    """``/api/0/projects/{organization}/{project}/``."""
    owner, found = _project(call, organization, id_or_slug)
    return as_json(project_detail(found, organization_row(owner, _links(call, owner))))


def project_environments(call: Call, organization: str, id_or_slug: str) -> Answer:
    """``/api/0/projects/{organization}/{project}/environments/``."""
    _, found = _project(call, organization, id_or_slug)
    listed = found.listed_environments(_visibility(call))
    return as_json([{"id": e.id, "name": e.name, "isHidden": e.is_hidden} for e in listed])


def _project(call: Call, organization: str, id_or_slug: str) -> tuple[Organization, Project]:
    owner = call.organization(organization, PROJECT_READ)
    found = owner.project(id_or_slug)
    for each in owner.projects:
        if each.former_slug == id_or_slug:
            raise moved_within(call.request, id_or_slug, each.slug)
    if found is None:
        raise no_such_resource()
    if not found.has_access:
        raise forbidden()
    return owner, found


def _control_only(call: Call) -> None:
    if call.request.silo != CONTROL:
        raise nothing_here()
    if call.token.is_scoped:
        raise refuse(401, _ORGANIZATION_ENDPOINTS_ONLY)


def _memberships(call: Call) -> list[Organization]:
    return [o for o in call.world.organizations if o.slug in call.token.organizations]


def _links(call: Call, organization: Organization) -> dict[str, str]:
    return {
        "organizationUrl": f"{call.urls[CONTROL]}/organizations/{organization.slug}",
        "regionUrl": call.urls[organization.region],
    }


def _visibility(call: Call) -> str:
    wanted = call.request.first("visibility", "visible")
    allowed = ["all", "hidden", "visible"]
    if wanted not in allowed:
        message = f"Invalid value for 'visibility', valid values are: {allowed}"
        raise refuse(400, message)
    return wanted
