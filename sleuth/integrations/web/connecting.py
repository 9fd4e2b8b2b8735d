"""The dialogs that connect and disconnect a tracker."""

from __future__ import annotations

from flask import abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth import clock
from sleuth.impact import service as impact
from sleuth.integrations import checks, service
from sleuth.integrations.forms import CredentialsForm, credentials_form
from sleuth.integrations.models import CheckKind, CheckState, ConnectionCheck
from sleuth.integrations.web.blueprint import blueprint, category_url, tracker_info
from sleuth.plugin_api import TrackerInfo
from sleuth.web import dialog_done, is_htmx, render_dialog


@blueprint.route("/<provider>/enable", methods=["GET", "POST"])
def enable(provider: str) -> ResponseReturnValue:
    """Ask for credentials, and start validating them."""
    info = tracker_info(provider)
    if service.get_integration(g.organization.id, provider):
        return dialog_done(
            category_url(info), event="integrationChanged", message=f"{info.name} is connected"
        )
    earlier = _find(provider, request.form.get("check", ""))
    kept = service.kept_credentials(earlier, current_user.id)
    asks_for = earlier.result.get("asks_for", []) if earlier and kept else []
    form = credentials_form(info, kept=kept, asks_for=asks_for)
    if not form.is_submitted():
        return render_dialog("integrations/dialogs/connect.html", info=info, form=form)
    if not form.validate():
        return _connect_dialog(info, form, earlier if kept else None, 422)
    public_id = service.connect_integration(
        g.organization.id, provider, {**kept, **form.credentials()}, current_user.id
    )
    return _show_check(info, public_id)


@blueprint.get("/<provider>/checks/<public_id>")
def check(provider: str, public_id: str) -> ResponseReturnValue:
    """Show how an attempt to connect stands; a running one asks again by itself."""
    info = tracker_info(provider)
    attempt = _find(provider, public_id) or abort(404)
    if attempt.state == CheckState.RUNNING:
        return _running_dialog(info, attempt)
    if attempt.state == CheckState.SUCCEEDED:
        return dialog_done(category_url(info), event="integrationChanged", message=attempt.message)
    if attempt.state == CheckState.INCOMPLETE:
        kept = service.kept_credentials(attempt, current_user.id)
        form = credentials_form(info, kept=kept, asks_for=attempt.result["asks_for"])
        return _connect_dialog(info, form, attempt if kept else None, 200, attempt.message)
    return _connect_dialog(info, credentials_form(info), None, 200, attempt.message)


@blueprint.post("/<provider>/checks/<public_id>/cancel")
def cancel_check(provider: str, public_id: str) -> ResponseReturnValue:
    """Give up an attempt; what was pasted is erased."""
    info = tracker_info(provider)
    attempt = _find(provider, public_id) or abort(404)
    checks.cancel(attempt)
    return dialog_done(category_url(info), event=None)


@blueprint.route("/<provider>/disable", methods=["GET", "POST"])
def disable(provider: str) -> ResponseReturnValue:
    """Ask, listing what will be lost, and then disconnect the whole organization."""
    info = tracker_info(provider)
    integration = service.get_integration(g.organization.id, provider)
    if integration is None:
        return dialog_done(category_url(info), event="integrationChanged")
    if request.method == "GET":
        lost = impact.sources_of_integration(integration.id)
        return render_dialog("integrations/dialogs/disable.html", info=info, lost=lost)
    service.disable_integration(g.organization.id, provider, info.name)
    return dialog_done(
        category_url(info), event="integrationChanged", message=f"{info.name} is disconnected"
    )


def _find(provider: str, public_id: str) -> ConnectionCheck | None:
    return checks.find(CheckKind.CONNECT, g.organization.id, provider, public_id)


def _show_check(info: TrackerInfo, public_id: str) -> ResponseReturnValue:
    url = url_for("integrations.check", provider=info.slug, public_id=public_id)
    if is_htmx():
        attempt = _find(info.slug, public_id) or abort(404)
        return _running_dialog(info, attempt)
    return redirect(url, code=303)


def _running_dialog(info: TrackerInfo, attempt: ConnectionCheck) -> ResponseReturnValue:
    return render_dialog(
        "integrations/dialogs/checking.html",
        refresh_seconds=2,
        info=info,
        check=attempt,
        is_waiting_long=checks.is_waiting_long(attempt, clock.now()),
    )


def _connect_dialog(
    info: TrackerInfo,
    form: CredentialsForm,
    earlier: ConnectionCheck | None,
    status: int,
    message: str = "",
) -> ResponseReturnValue:
    return render_dialog(
        "integrations/dialogs/connect.html",
        status=status,
        info=info,
        form=form,
        earlier=earlier,
        message=message,
    )
