"""The dialog that connects a tracker."""

from __future__ import annotations

from flask import abort, g
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth.integrations import checks, service
from sleuth.integrations.models import CheckKind, CheckState
from sleuth.integrations.web.blueprint import blueprint, category_url, tracker_info
from sleuth.integrations.web.tokens import TokenDialog
from sleuth.web import dialog_done

DIALOG = TokenDialog(
    CheckKind.CONNECT,
    ask="integrations.enable",
    watch="integrations.check",
    cancel="integrations.cancel_check",
    trying="Connecting {name}",
    waiting="Checking the token with {name} …",
)


@blueprint.route("/<provider>/enable", methods=["GET", "POST"])
def enable(provider: str) -> ResponseReturnValue:
    """Ask for credentials, and start validating them."""
    info, organization_id, user_id = tracker_info(provider), g.organization.id, current_user.id
    if service.get_integration(organization_id, provider):
        return dialog_done(
            category_url(info), event="integrationChanged", message=f"{info.name} is connected"
        )

    def start(credentials: dict[str, str]) -> str:
        return service.connect_integration(organization_id, provider, credentials, user_id)

    return DIALOG.serve(info, start)


@blueprint.get("/<provider>/checks/<public_id>")
def check(provider: str, public_id: str) -> ResponseReturnValue:
    """Show how an attempt to connect stands; a running one asks again by itself."""
    info = tracker_info(provider)
    attempt = DIALOG.find(provider, public_id) or abort(404)
    if attempt.state == CheckState.SUCCEEDED:
        return dialog_done(category_url(info), event="integrationChanged", message=attempt.message)
    return DIALOG.unfinished(info, attempt)


@blueprint.post("/<provider>/checks/<public_id>/cancel")
def cancel_check(provider: str, public_id: str) -> ResponseReturnValue:
    """Give up an attempt; what was pasted is erased."""
    info = tracker_info(provider)
    checks.cancel(DIALOG.find(provider, public_id) or abort(404))
    return dialog_done(category_url(info), event=None)
