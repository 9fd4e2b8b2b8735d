"""The download for bug reports."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, g

from sleuth import clock
from sleuth.diagnostics import service
from sleuth.integrations.service import is_known

blueprint = Blueprint("diagnostics", __name__, url_prefix="/o/<organization_slug>/integrations")


def init_app(app: Flask) -> None:
    """Register the download."""
    app.register_blueprint(blueprint)


@blueprint.get("/<provider>/diagnostics")
def download(provider: str) -> Response:
    """Answer with the file."""
    if not is_known(g.organization.id, provider):
        abort(404)
    now = clock.now()
    response = Response(
        service.as_json(service.collect(g.organization, provider, now)),
        mimetype="application/json",
    )
    name = f"sleuth-diagnostics-{provider}-{now:%Y-%m-%d}.json"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
