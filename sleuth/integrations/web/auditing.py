"""The tab that says what was done to an integration, connected or not."""

from __future__ import annotations

from flask import abort, g, render_template, request
from flask.typing import ResponseReturnValue

from sleuth.accounts import history
from sleuth.dashboard import changes
from sleuth.integrations import cards, service
from sleuth.integrations.web.blueprint import blueprint
from sleuth.trackers import name_of


@blueprint.get("/<provider>/audit")
def audit(provider: str) -> ResponseReturnValue:
    """Show who did what when, newest first."""
    if not service.is_known(g.organization.id, provider):
        abort(404)
    card = cards.card(g.organization.id, provider)
    upto = request.args.get("upto", type=int)
    return render_template(
        "integrations/audit.html",
        last_event=changes.latest(g.organization.id),
        provider=provider,
        name=name_of(provider),
        category=card.info.category if card else "error-trackers",
        history=history.read(g.organization.id, provider, upto),
    )
