"""The one blueprint to which the modules beside this one add their pages."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy.exc import NoResultFound

from sleuth.web.errors import gone

blueprint = Blueprint("verdicts", __name__, url_prefix="/o/<organization_slug>")
blueprint.register_error_handler(NoResultFound, gone)
