"""The stand-in's own API below ``/__sandbox__/``, for whoever cannot call its methods."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plugins.sentry.sandbox.exchange import Answer, Request, as_json
from plugins.sentry.sandbox.series import Profile

if TYPE_CHECKING:
    from plugins.sentry.sandbox.server import Sandbox

PREFIX = "/__sandbox__/"


def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Carry out one order; answers 400 with a sentence where it makes no sense."""
    order = request.path.removeprefix(PREFIX).strip("/")
    try:
        body = json.loads(request.body or b"{}")
        return as_json(_carry_out(sandbox, request.method, order, body))
    except (LookupError, TypeError, ValueError) as error:
        return as_json({"error": f"{type(error).__name__}: {error}"}, 400)


def add_incidents(sandbox: Sandbox, incidents: list[dict[str, Any]]) -> int:
    """Add incidents given as JSON objects and return how many."""
    for incident in incidents:
        start = _instant(incident["start"])
        sandbox.add_incident(**{**incident, "start": start})
    return len(incidents)


def _carry_out(sandbox: Sandbox, method: str, order: str, body: Any) -> Any:
    if method == "GET" and order == "requests":
        return [seen.as_dict() for seen in sandbox.requests]
    if method == "GET" and order == "incidents":
        return sandbox.incidents
    if method != "POST":
        raise LookupError(f"no such order: {method} {order}")
    if order == "misbehave":
        sandbox.misbehave(**body)
    elif order == "behave":
        sandbox.behave()
    elif order == "incidents":
        return {"added": add_incidents(sandbox, body if isinstance(body, list) else [body])}
    elif order == "corrections":
        moments = {name: _instant(body[name]) for name in ("start", "visible_from") if name in body}
        sandbox.correct(**{**body, **moments})
    elif order == "environments":
        profile = Profile(**body.pop("profile", {}))
        sandbox.world.add_environment(**body, profile=profile)
    elif order in ("revoke", "reset"):
        sandbox.revoke(body["token"]) if order == "revoke" else sandbox.reset()
    else:
        raise LookupError(f"no such order: POST {order}")
    return {"ok": True}


def _instant(value: str | float) -> datetime:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    parsed = datetime.fromisoformat(value)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
