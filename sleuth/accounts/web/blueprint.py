"""The one blueprint to which the modules beside this one add their pages."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)

SETTINGS = "/o/<organization_slug>/settings"
