"""The page of the integrations, its cards, and the buttons on them."""

from __future__ import annotations

from math import ceil
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth import clock
from sleuth.dashboard import changes
from sleuth.impact import disabling, states
from sleuth.impact import service as impact
from sleuth.impact.states import State
from sleuth.integrations import cards, checks, rechecking, service
from sleuth.integrations.web.blueprint import blueprint, card_changed, tracker_info
from sleuth.web import is_htmx, render_partial_or_page
from sleuth.web.formats import relative_time

SOON = 90
"""Seconds that are counted one by one."""


@blueprint.get("/<category>")
def index(category: str) -> ResponseReturnValue:
    """Show the cards of one category, or those of them that are searched for."""
    if not cards.is_category(category):
        abort(404)
    last_event, shown = changes.latest(g.organization.id), _of_organization()
    feelings = shown["feelings"].items()
    troubled = [name for name, felt in feelings if felt.state == State.NEEDS_ATTENTION]
    shelf = cards.shelf(shown["connected"], category, request.args.get("q", ""), troubled)
    response = render_partial_or_page(
        "integrations/_shelf.html",
        "integrations/index.html",
        last_event=last_event,
        shelf=shelf,
        **shown,
    )
    if is_htmx():
        here = url_for("integrations.index", category=category, q=shelf.query or None)
        response.headers["HX-Replace-Url"] = here
    return response


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
    """Return what cards show: what is connected, how each feels, what is kept."""
    organization_id, now = g.organization.id, clock.now()
    connected = service.integrations_of(organization_id)
    return {
        "connected": connected,
        "feelings": states.feelings(connected.values(), now),
        "checking": checks.running_providers(organization_id),
        "kept": disabling.kept_of(organization_id, now),
    }
