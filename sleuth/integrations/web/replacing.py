"""The dialog that replaces a token in place."""

from __future__ import annotations

from flask import abort, g
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth.impact import replacing
from sleuth.integrations import checks, service
from sleuth.integrations.forms import credentials_form
from sleuth.integrations.models import CheckKind, CheckState, ConnectionCheck, Integration
from sleuth.integrations.web.blueprint import blueprint, card_changed, tracker_info
from sleuth.integrations.web.tokens import TokenDialog
from sleuth.web import render_dialog

NOT_YOURS = "Only whoever pasted that token can go on with it. Paste it here to do so yourself."
DIALOG = TokenDialog(
    CheckKind.REPLACE,
    ask="integrations.replace_token",
    watch="integrations.replacement",
    cancel="integrations.cancel_replacement",
    trying="Replacing the token of {name}",
    waiting="Checking the new token with {name}; the old one works meanwhile …",
    heading="Replace the token of {name}",
    template="integrations/dialogs/replace.html",
)


@blueprint.route("/<provider>/replace-token", methods=["GET", "POST"])
def replace_token(provider: str) -> ResponseReturnValue:
    """Ask for another token, and start proving it."""
    info, integration, user_id = tracker_info(provider), _integration(provider), current_user.id

    def start(credentials: dict[str, str]) -> str:
        return replacing.start_replacement(integration, credentials, user_id)

    return DIALOG.serve(info, start)


@blueprint.get("/<provider>/replacements/<public_id>")
def replacement(provider: str, public_id: str) -> ResponseReturnValue:
    """Show how an attempt stands; a running one asks again by itself."""
    info = tracker_info(provider)
    attempt = DIALOG.find(provider, public_id) or abort(404)
    if attempt.state == CheckState.SUCCEEDED:
        return card_changed(info, attempt.message)
    if not _asks_whether(attempt):
        return DIALOG.unfinished(info, attempt)
    return render_dialog(
        "integrations/dialogs/other_account.html",
        info=info,
        check=attempt,
        stops=attempt.result["question"]["stops"],
    )


@blueprint.post("/<provider>/replacements/<public_id>/confirm")
def confirm_replacement(provider: str, public_id: str) -> ResponseReturnValue:
    """Go on with a token of another account, for whoever pasted it."""
    info, integration = tracker_info(provider), _integration(provider)
    attempt = DIALOG.find(provider, public_id) or abort(404)
    credentials = service.kept_credentials(attempt, current_user.id)
    question = attempt.result.get("question")
    if not credentials or not question:
        return DIALOG.form(info, credentials_form(info), status=409, message=NOT_YOURS)
    checks.cancel(attempt)
    new_id = replacing.start_replacement(integration, credentials, current_user.id, agreed=question)
    return DIALOG.show(info, new_id)


@blueprint.post("/<provider>/replacements/<public_id>/cancel")
def cancel_replacement(provider: str, public_id: str) -> ResponseReturnValue:
    """Give up an attempt; the old token stays, what was pasted is erased."""
    info = tracker_info(provider)
    checks.cancel(DIALOG.find(provider, public_id) or abort(404))
    return card_changed(info, "")


def _asks_whether(attempt: ConnectionCheck) -> bool:
    """Tell whether whoever pasted a token has to agree to what it would change."""
    is_open = attempt.state == CheckState.INCOMPLETE and not attempt.result["asks_for"]
    return is_open and bool(service.kept_credentials(attempt, current_user.id))


def _integration(provider: str) -> Integration:
    return service.get_integration(g.organization.id, provider) or abort(404)
