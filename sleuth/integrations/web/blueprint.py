"""The blueprint that all pages of the integrations belong to, and what they share."""

from __future__ import annotations

from flask import Blueprint, abort, g, url_for
from flask.typing import ResponseReturnValue

from sleuth.integrations.service import is_known, registry
from sleuth.plugin_api import TrackerInfo
from sleuth.trackers import name_of
from sleuth.web import Level, dialog_done

blueprint = Blueprint("integrations", __name__, url_prefix="/o/<organization_slug>/integrations")


def tracker_info(provider: str) -> TrackerInfo:
    """Return what a tracker says of itself, or answer that there is no such page."""
    tracker = registry().get(provider) or abort(404)
    info: TrackerInfo = tracker.info
    return info


def info_or_name(provider: str) -> TrackerInfo:
    """Return what a tracker says of itself; its mere name where its plugin is away and the
    organization has something of it."""
    if registry().get(provider) or not is_known(g.organization.id, provider):
        return tracker_info(provider)
    return TrackerInfo(provider, name_of(provider), description="", credential_fields=())


def category_url(info: TrackerInfo) -> str:
    """Return the address of the page that shows a tracker's card."""
    return url_for("integrations.index", category=info.category)


def card_changed(info: TrackerInfo, message: str, level: Level = "success") -> ResponseReturnValue:
    """Close the dialog, if there is one, and draw the card and what depends on it afresh."""
    events = ("integrationChanged", "impactSourceChanged")
    return dialog_done(category_url(info), event=events, message=message or None, level=level)
