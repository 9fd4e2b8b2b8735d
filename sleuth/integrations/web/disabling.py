"""The dialogs that disable a tracker for the organization, and that take it back."""

from __future__ import annotations

from flask import abort, g
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth import clock
from sleuth.accounts.forms import ConfirmForm
from sleuth.health.purging import count_verdicts
from sleuth.impact import disabling, restoring
from sleuth.impact.service import sources_of_integration
from sleuth.integrations import checks, service
from sleuth.integrations.forms import DisableForm
from sleuth.integrations.models import CheckKind, CheckState, Integration
from sleuth.integrations.service import registry
from sleuth.integrations.web.blueprint import (
    blueprint,
    card_changed,
    category_url,
    info_or_name,
    tracker_info,
)
from sleuth.integrations.web.tokens import TokenDialog
from sleuth.plugin_api import TrackerInfo
from sleuth.web import dialog_done, render_dialog

DIALOG = TokenDialog(
    CheckKind.RESTORE,
    ask="integrations.restore",
    watch="integrations.restoration",
    cancel="integrations.cancel_restoration",
    trying="Restoring {name}",
    waiting="Asking {name} whose token this is …",
    heading="Restore {name}",
    template="integrations/dialogs/restore.html",
)


@blueprint.route("/<provider>/disable", methods=["GET", "POST"])
def disable(provider: str) -> ResponseReturnValue:
    """Ask, listing what is affected, and then disconnect the whole organization."""
    info, organization_id = info_or_name(provider), g.organization.id
    integration = _live(provider)
    if integration is None:
        return dialog_done(category_url(info), event="integrationChanged")
    form = DisableForm(organization_name=g.organization.name)
    if not form.validate_on_submit():
        return _ask_whether_to_disable(info, integration, form)
    disabling.disable_integration(organization_id, provider, info.name)
    return card_changed(info, f"{info.name} is disconnected")


@blueprint.route("/<provider>/restore", methods=["GET", "POST"])
def restore(provider: str) -> ResponseReturnValue:
    """Ask for a token of the account that was disabled, and start trying it."""
    info, organization_id, user_id = tracker_info(provider), g.organization.id, current_user.id
    kept = _kept(provider)
    if kept is None:
        return card_changed(info, f"Nothing of {info.name} is left to restore", "info")

    def start(credentials: dict[str, str]) -> str:
        return restoring.start_restoration(organization_id, provider, credentials, user_id)

    return DIALOG.serve(info, start, kept=kept, live=_live(provider))


@blueprint.get("/<provider>/restorations/<public_id>")
def restoration(provider: str, public_id: str) -> ResponseReturnValue:
    """Show how an attempt to restore stands; a running one asks again by itself."""
    info = tracker_info(provider)
    attempt = DIALOG.find(provider, public_id) or abort(404)
    if attempt.state == CheckState.SUCCEEDED:
        return card_changed(info, attempt.message)
    return DIALOG.unfinished(info, attempt, kept=_kept(provider), live=_live(provider))


@blueprint.post("/<provider>/restorations/<public_id>/cancel")
def cancel_restoration(provider: str, public_id: str) -> ResponseReturnValue:
    """Give up an attempt; what was pasted is erased, and what is kept stays."""
    info = tracker_info(provider)
    checks.cancel(DIALOG.find(provider, public_id) or abort(404))
    return card_changed(info, "")


@blueprint.route("/<provider>/purge", methods=["GET", "POST"])
def purge(provider: str) -> ResponseReturnValue:
    """Ask, and then delete at once what could be restored."""
    info, kept = tracker_info(provider), _kept(provider)
    if kept is None:
        return card_changed(info, f"Nothing of {info.name} is left to delete", "info")
    form = ConfirmForm()
    if not form.validate_on_submit():
        return render_dialog(
            "integrations/dialogs/purge.html", status=form.status, info=info, kept=kept
        )
    disabling.purge_now(g.organization.id, provider, info.name)
    return card_changed(info, f"What {info.name} has left is being deleted")


def _ask_whether_to_disable(
    info: TrackerInfo, integration: Integration, form: DisableForm
) -> ResponseReturnValue:
    return render_dialog(
        "integrations/dialogs/disable.html",
        status=form.status,
        info=info,
        integration=integration,
        form=form,
        lost=sources_of_integration(integration.id),
        judged=count_verdicts(integration.id),
        may_pause=integration.paused_at is None and registry().get(info.slug) is not None,
        until=clock.now() + disabling.KEPT_FOR,
    )


def _live(provider: str) -> Integration | None:
    return service.get_integration(g.organization.id, provider)


def _kept(provider: str) -> disabling.Kept | None:
    return disabling.kept_of(g.organization.id, clock.now()).get(provider)
