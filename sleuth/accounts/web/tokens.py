"""The settings' tab Access tokens."""

from __future__ import annotations

from flask import abort, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth.accounts import tokens
from sleuth.accounts.forms import AccessTokenForm, ConfirmForm
from sleuth.accounts.models import TokenType
from sleuth.accounts.web.blueprint import SETTINGS, blueprint
from sleuth.dashboard import changes
from sleuth.web import dialog_done, render_dialog, render_partial_or_page

EVENT = "accessTokenChanged"


@blueprint.get(f"{SETTINGS}/access-tokens")
def access_tokens() -> ResponseReturnValue:
    """Show the tokens: names and last characters."""
    return render_partial_or_page(
        "accounts/_access_tokens.html",
        "accounts/access_tokens.html",
        last_event=changes.latest(g.organization.id),
        tokens=tokens.tokens_of(g.organization.id),
    )


@blueprint.route(f"{SETTINGS}/access-tokens/create", methods=["GET", "POST"])
def create_access_token() -> ResponseReturnValue:
    """Ask for a name and a type; the answer shows the token, this once."""
    form = AccessTokenForm()
    if form.validate_on_submit():
        with form.explaining():
            new = tokens.create_token(
                g.organization.id, form.name.data, form.chosen, current_user.id
            )
            is_for_pipelines = form.chosen is not TokenType.READ
            answer = render_dialog(
                "accounts/dialogs/new_access_token.html",
                title="Access token created",
                new=new,
                deployment_slug=request.args.get("deployment") if is_for_pipelines else None,
            )
            answer.headers["HX-Trigger"] = EVENT
            return answer
    return render_dialog(
        "accounts/dialogs/create_access_token.html",
        form.status,
        title="Create access token",
        form=form,
    )


@blueprint.route(f"{SETTINGS}/access-tokens/<token_id>/revoke", methods=["GET", "POST"])
def revoke_access_token(token_id: str) -> ResponseReturnValue:
    """Ask, and then make a token useless."""
    token = tokens.find_token(g.organization.id, token_id) or abort(404)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.explaining():
            tokens.revoke_token(g.organization.id, token_id)
            return dialog_done(
                url_for("accounts.access_tokens"), event=EVENT, message=f"{token.name} is revoked."
            )
    return render_dialog(
        "accounts/dialogs/revoke_access_token.html",
        form.status,
        title="Revoke access token",
        form=form,
        token=token,
    )
