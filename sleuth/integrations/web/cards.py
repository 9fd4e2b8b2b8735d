"""The page of the integrations, its cards, and the buttons on them."""

from __future__ import annotations

from math import ceil
from typing import Any

from flask import abort, g, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth import clock
from sleuth.dashboard import changes
from sleuth.impact import disabling, states
from sleuth.impact import service as impact
from sleuth.integrations import cards, checks, rechecking, service
from sleuth.integrations.web.blueprint import blueprint, card_changed, tracker_info
from sleuth.projects import service as projects
from sleuth.web.formats import relative_time

SOON = 90
"""Seconds that are counted one by one."""


@blueprint.get("/<category>")
def index(category: str) -> ResponseReturnValue:
    """Show the cards of one category."""
    known = cards.tabs()
    if category not in {tab.slug for tab in known}:
        abort(404)
    return render_template(
        "integrations/index.html",
        last_event=changes.latest(g.organization.id),
        tabs=known,
        category=category,
        cards=cards.cards(g.organization.id, category),
        failures=cards.failures(),
        orphans=cards.orphans(g.organization.id),
        **_of_organization(),
    )


@blueprint.get("/<provider>/card")
def card(provider: str) -> ResponseReturnValue:
    """Show one card afresh."""
    if orphan := cards.orphan(g.organization.id, provider):
        return render_template("integrations/_orphan.html", orphan=orphan)
    found = cards.card(g.organization.id, provider)
    if found is None:
        return "" if service.is_known(g.organization.id, provider) else abort(404)
    return render_template("integrations/_card.html", card=found, **_of_organization())


@blueprint.post("/<provider>/pause")
def pause(provider: str) -> ResponseReturnValue:
    """Collect nothing from a tracker until it is resumed."""
    info = tracker_info(provider)
    service.pause_integration(g.organization.id, provider, info.name)
    return card_changed(info, f"{info.name} is paused: nothing is collected from it")


@blueprint.post("/<provider>/resume")
def resume(provider: str) -> ResponseReturnValue:
    """Go on with a paused tracker."""
    info = tracker_info(provider)
    if service.resume_integration(g.organization.id, provider, info.name):
        impact.collect_soon()
    return card_changed(info, f"{info.name} goes on; what was missed is read, too")


@blueprint.post("/<provider>/recheck")
def recheck(provider: str) -> ResponseReturnValue:
    """Have the token checked now."""
    info = tracker_info(provider)
    integration = service.get_integration(g.organization.id, provider) or abort(404)
    is_begun = rechecking.request_recheck(integration, current_user.id)
    message = "" if is_begun else "The token was checked a moment ago."
    return card_changed(info, message, "success" if is_begun else "info")


@blueprint.post("/<provider>/collect")
def collect(provider: str) -> ResponseReturnValue:
    """Collect from all sources of a tracker now."""
    info = tracker_info(provider)
    integration = service.get_integration(g.organization.id, provider) or abort(404)
    try:
        free_at = impact.collect_now(integration)
    except impact.PausedError:
        what = info.name if integration.paused_at else f"Every impact source of {info.name}"
        return card_changed(info, f"{what} is paused: nothing is collected", "info")
    if free_at is None:
        return card_changed(info, "Counts are being collected")
    seconds = ceil((free_at - clock.now()).total_seconds())
    wait = f"in {seconds} seconds" if seconds <= SOON else relative_time(free_at)
    message = f"{info.name} can be asked again {wait}; it goes on by itself"
    return card_changed(info, message, "info")


def _of_organization() -> dict[str, Any]:
    """Return what cards show of other features: projects, how each feels, what is kept."""
    organization_id, now = g.organization.id, clock.now()
    connected = service.integrations_of(organization_id)
    return {
        "projects": projects.projects_of(organization_id),
        "feelings": {
            provider: states.feeling(integration, now)
            for provider, integration in connected.items()
        },
        "checking": checks.running_providers(organization_id),
        "kept": disabling.kept_of(organization_id, now),
    }
