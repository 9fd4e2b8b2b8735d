"""The dialog that replaces a token in place."""

from __future__ import annotations

from flask import abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth import clock
from sleuth.impact import replacing
from sleuth.integrations import checks, service
from sleuth.integrations.forms import CredentialsForm, credentials_form
from sleuth.integrations.models import CheckKind, CheckState, ConnectionCheck, Integration
from sleuth.integrations.web.blueprint import blueprint, card_changed, tracker_info
from sleuth.plugin_api import TrackerInfo
from sleuth.web import is_htmx, render_dialog

NOT_YOURS = "Only whoever pasted that token can go on with it. Paste it here to do so yourself."


@blueprint.route("/<provider>/replace-token", methods=["GET", "POST"])
def replace_token(provider: str) -> ResponseReturnValue:
    """Ask for another token, and start proving it."""
    info, integration = tracker_info(provider), _integration(provider)
    earlier = _find(provider, request.form.get("check", ""))
    kept = service.kept_credentials(earlier, current_user.id)
    asks_for = earlier.result.get("asks_for", []) if earlier and kept else []
    form = credentials_form(info, kept=kept, asks_for=asks_for)
    if not form.is_submitted():
        return _ask(info, form)
    if not form.validate():
        return _ask(info, form, earlier if kept else None, 422)
    credentials = {**kept, **form.credentials()}
    public_id = replacing.start_replacement(integration, credentials, current_user.id)
    return _show(info, public_id)


@blueprint.get("/<provider>/replacements/<public_id>")
def replacement(provider: str, public_id: str) -> ResponseReturnValue:
    """Show how an attempt stands; a running one asks again by itself."""
    info = tracker_info(provider)
    attempt = _find(provider, public_id) or abort(404)
    if attempt.state == CheckState.RUNNING:
        return _running(info, attempt)
    if attempt.state == CheckState.SUCCEEDED:
        return card_changed(info, attempt.message)
    if attempt.state != CheckState.INCOMPLETE:
        return _ask(info, credentials_form(info), None, 200, attempt.message)
    kept = service.kept_credentials(attempt, current_user.id)
    if attempt.result["asks_for"] or not kept:
        form = credentials_form(info, kept=kept, asks_for=attempt.result["asks_for"])
        return _ask(info, form, attempt if kept else None, 200, attempt.message)
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
    attempt = _find(provider, public_id) or abort(404)
    credentials = service.kept_credentials(attempt, current_user.id)
    question = attempt.result.get("question")
    if not credentials or not question:
        return _ask(info, credentials_form(info), None, 409, NOT_YOURS)
    checks.cancel(attempt)
    new_id = replacing.start_replacement(integration, credentials, current_user.id, agreed=question)
    return _show(info, new_id)


@blueprint.post("/<provider>/replacements/<public_id>/cancel")
def cancel_replacement(provider: str, public_id: str) -> ResponseReturnValue:
    """Give up an attempt; the old token stays, what was pasted is erased."""
    info = tracker_info(provider)
    checks.cancel(_find(provider, public_id) or abort(404))
    return card_changed(info, "")


def _integration(provider: str) -> Integration:
    return service.get_integration(g.organization.id, provider) or abort(404)


def _find(provider: str, public_id: str) -> ConnectionCheck | None:
    return checks.find(CheckKind.REPLACE, g.organization.id, provider, public_id)


def _show(info: TrackerInfo, public_id: str) -> ResponseReturnValue:
    if is_htmx():
        return _running(info, _find(info.slug, public_id) or abort(404))
    url = url_for("integrations.replacement", provider=info.slug, public_id=public_id)
    return redirect(url, code=303)


def _running(info: TrackerInfo, attempt: ConnectionCheck) -> ResponseReturnValue:
    return render_dialog(
        "integrations/dialogs/replacing.html",
        refresh_seconds=2,
        info=info,
        check=attempt,
        is_waiting_long=checks.is_waiting_long(attempt, clock.now()),
    )


def _ask(
    info: TrackerInfo,
    form: CredentialsForm,
    earlier: ConnectionCheck | None = None,
    status: int = 200,
    message: str = "",
) -> ResponseReturnValue:
    return render_dialog(
        "integrations/dialogs/connect.html",
        status=status,
        info=info,
        form=form,
        earlier=earlier,
        message=message,
        action=url_for("integrations.replace_token", provider=info.slug),
        is_replacement=True,
    )
