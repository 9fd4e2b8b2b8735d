"""The settings' tab that tells administrators what became of every plugin."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from sleuth.dashboard import changes
from sleuth.hookspecs import REQUIRED
from sleuth.integrations import cards
from sleuth.integrations.service import registry
from sleuth.trackers import describe

blueprint = Blueprint("plugins", __name__, url_prefix="/o/<organization_slug>/settings/plugins")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show where each plugin came from, what it can do, and why one is missing."""
    return render_template(
        "integrations/plugins.html",
        last_event=changes.latest(g.organization.id),
        plugins=describe(registry()),
        required=REQUIRED,
        orphans=cards.orphans(g.organization.id),
    )
