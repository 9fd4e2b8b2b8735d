"""The settings' tabs General and Audit log."""

from __future__ import annotations

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sleuth.accounts import audit, organizations
from sleuth.accounts.forms import NameForm
from sleuth.accounts.web.blueprint import SETTINGS, blueprint
from sleuth.dashboard import changes
from sleuth.web import dialog_done, render_dialog, render_partial_or_page


@blueprint.get(SETTINGS, endpoint="settings")
def general() -> ResponseReturnValue:
    """Show the organization's name and address."""
    return render_partial_or_page(
        "accounts/_general.html",
        "accounts/general.html",
        last_event=changes.latest(g.organization.id),
    )


@blueprint.route(f"{SETTINGS}/rename", methods=["GET", "POST"])
def rename_organization() -> ResponseReturnValue:
    """Ask for another name."""
    form = NameForm(obj=g.organization)
    if form.validate_on_submit():
        with form.explaining():
            organizations.rename_organization(g.organization.id, form.name.data)
            return dialog_done(
                url_for("accounts.settings"), event="organizationChanged", message="Renamed."
            )
    return render_dialog(
        "accounts/dialogs/rename.html", form.status, title="Rename organization", form=form
    )


@blueprint.get(f"{SETTINGS}/audit-log")
def audit_log() -> ResponseReturnValue:
    """Show who changed what, newest first."""
    last_event = changes.latest(g.organization.id)
    page = audit.entries(g.organization.id, request.args.get("page", 1, type=int))
    return render_template("accounts/audit_log.html", page=page, last_event=last_event)
