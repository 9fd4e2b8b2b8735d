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
    OWN = "the owner"


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OBSERVER: frozenset({Permission.LOOK}),
    Role.DEVELOPER: frozenset({Permission.LOOK, Permission.CHANGE}),
    Role.ADMINISTRATOR: frozenset({Permission.LOOK, Permission.CHANGE, Permission.ADMINISTER}),
    Role.OWNER: frozenset(
        {Permission.LOOK, Permission.CHANGE, Permission.ADMINISTER, Permission.OWN}
    ),
}

ENDPOINTS: dict[str, Permission] = {
    # accounts
    "accounts.home": Permission.SIGNED_IN,
    "accounts.organizations": Permission.SIGNED_IN,
    "accounts.set_up": Permission.PUBLIC,
    "accounts.sign_in": Permission.PUBLIC,
    "accounts.sign_out": Permission.SIGNED_IN,
    "accounts.password": Permission.SIGNED_IN,
    "accounts.settings": Permission.LOOK,
    "accounts.rename_organization": Permission.ADMINISTER,
    "accounts.people": Permission.LOOK,
    "accounts.add_member": Permission.ADMINISTER,
    "accounts.change_role": Permission.ADMINISTER,
    "accounts.remove_member": Permission.ADMINISTER,
    "accounts.transfer_ownership": Permission.OWN,
    "accounts.access_tokens": Permission.LOOK,
    "accounts.create_access_token": Permission.ADMINISTER,
    "accounts.revoke_access_token": Permission.ADMINISTER,
    "accounts.audit_log": Permission.ADMINISTER,
    # projects
    "projects.index": Permission.LOOK,
    "projects.create": Permission.CHANGE,
    "projects.overview": Permission.LOOK,
    "projects.rename": Permission.CHANGE,
    "projects.judging": Permission.CHANGE,
    "projects.delete": Permission.ADMINISTER,
    "projects.environments": Permission.LOOK,
    "projects.create_environment": Permission.CHANGE,
    "projects.rename_environment": Permission.CHANGE,
    "projects.make_default": Permission.CHANGE,
    "projects.delete_environment": Permission.ADMINISTER,
    # deploys
    "deploys.deployments": Permission.LOOK,
    "deploys.project_tab": Permission.LOOK,
    "deploys.create": Permission.CHANGE,
    "deploys.deployment": Permission.LOOK,
    "deploys.rename": Permission.CHANGE,
    "deploys.delete_deployment": Permission.ADMINISTER,
    "deploys.delete": Permission.CHANGE,
    "deploys_api.register_deploy": Permission.TOKEN,
    # integrations
    "integrations.index": Permission.LOOK,
    "integrations.card": Permission.LOOK,
    "integrations.enable": Permission.CHANGE,
    "integrations.check": Permission.CHANGE,
    "integrations.cancel_check": Permission.CHANGE,
    "integrations.disable": Permission.ADMINISTER,
    "integrations.restore": Permission.ADMINISTER,
    "integrations.restoration": Permission.ADMINISTER,
    "integrations.cancel_restoration": Permission.ADMINISTER,
    "integrations.purge": Permission.ADMINISTER,
    "integrations.pause": Permission.ADMINISTER,
    "integrations.resume": Permission.ADMINISTER,
    "integrations.replace_token": Permission.CHANGE,
    "integrations.replacement": Permission.CHANGE,
    "integrations.confirm_replacement": Permission.CHANGE,
    "integrations.cancel_replacement": Permission.CHANGE,
    "integrations.recheck": Permission.CHANGE,
    "integrations.collect": Permission.CHANGE,
    "integrations.audit": Permission.ADMINISTER,
    "plugins.index": Permission.ADMINISTER,
    # impact
    "impact.project_tab": Permission.LOOK,
    "impact.sources": Permission.LOOK,
    "impact.source": Permission.LOOK,
    "impact.source_state": Permission.LOOK,
    "impact.add": Permission.CHANGE,
    "impact.edit": Permission.CHANGE,
    "impact.delete": Permission.CHANGE,
    "impact.pause": Permission.CHANGE,
    "impact.resume": Permission.CHANGE,
    "impact.check": Permission.CHANGE,
    "impact.cancel_check": Permission.CHANGE,
    "impact.tracker_projects": Permission.CHANGE,
    "impact.refresh_tracker_projects": Permission.CHANGE,
    "impact.choices": Permission.CHANGE,
    "impact.fetch_choices": Permission.CHANGE,
    # health
    "health.replay": Permission.CHANGE,
    # notifications
    "notifications.index": Permission.ADMINISTER,
    "notifications.add_channel": Permission.ADMINISTER,
    "notifications.add_webhook": Permission.ADMINISTER,
    "notifications.new_secret": Permission.ADMINISTER,
    "notifications.send_test": Permission.ADMINISTER,
    "notifications.remove_channel": Permission.ADMINISTER,
    # dashboard
    "dashboard.index": Permission.LOOK,
    "dashboard.deploy": Permission.LOOK,
    "dashboard.deploy_card": Permission.LOOK,
    "dashboard.explanation": Permission.LOOK,
    "dashboard.counts": Permission.LOOK,
    "dashboard.environment": Permission.LOOK,
    "dashboard.environments_health": Permission.LOOK,
    "dashboard.live": Permission.LOOK,
    "dashboard.needs_attention": Permission.LOOK,
    "dashboard.attention_link": Permission.LOOK,
    "dashboard.project_picker": Permission.LOOK,
    # verdicts
    "verdicts.index": Permission.LOOK,
    "verdicts.override": Permission.CHANGE,
    "verdicts.undo_override": Permission.CHANGE,
    "verdicts.answer": Permission.CHANGE,
    # api
    "api.deploys_page": Permission.TOKEN,
    "api.deploy": Permission.TOKEN,
    "api.evidence": Permission.TOKEN,
    "api.series": Permission.TOKEN,
    "api.openapi": Permission.PUBLIC,
    # diagnostics
    "diagnostics.download": Permission.ADMINISTER,
    # web
    "asset": Permission.PUBLIC,
}

DEMO_ENDPOINTS: dict[str, Permission] = {
    # These exist in a demo only.
    "demo.enter": Permission.PUBLIC,
    "demo.reset": Permission.ADMINISTER,
    "demo.situations": Permission.LOOK,
    "demo.begin_situation": Permission.CHANGE,
    "demo.end_situation": Permission.CHANGE,
    "demo.end_situations": Permission.CHANGE,
}


def permission_of(endpoint: str) -> Permission:
    """Return what an endpoint asks; one without a row fails, so that none can be forgotten.

    Raises:
        KeyError: It has no row.
    """
    return DEMO_ENDPOINTS[endpoint] if endpoint in DEMO_ENDPOINTS else ENDPOINTS[endpoint]


def grants(role: str, permission: Permission) -> bool:
    """Tell whether ``role`` holds ``permission``."""
    return permission in GRANTS[Role(role)]
