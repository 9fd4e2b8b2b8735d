"""The stand-in's own API below ``/__sandbox__/``, for whoever cannot call its methods."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
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
    if method == "GET" and order in _TOLD:
        return _TOLD[order](sandbox)
    if method != "POST" or order not in _ORDERS:
        raise LookupError(f"no such order: {method} {order}")
    return _ORDERS[order](sandbox, body) or {"ok": True}


def _incidents(sandbox: Sandbox, body: Any) -> Any:
    return {"added": add_incidents(sandbox, body if isinstance(body, list) else [body])}


def _correct(sandbox: Sandbox, body: Any) -> None:
    sandbox.correct(**_with_instants(body, "start", "visible_from"))


def _add_environment(sandbox: Sandbox, body: Any) -> None:
    profile = Profile(**body.pop("profile", {}))
    sandbox.world.add_environment(**body, profile=profile)


def _habits(sandbox: Sandbox, body: Any) -> None:
    sandbox.world.habits = replace(sandbox.world.habits, **body)


def _begin_situations(sandbox: Sandbox, body: Any) -> None:
    for wish in body if isinstance(body, list) else [body]:
        sandbox.situations.begin(**_with_instants(wish, "since", "until"))


def _with_instants(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return body | {name: _instant(body[name]) for name in names if name in body}


def _instant(value: str | float) -> datetime:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    parsed = datetime.fromisoformat(value)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


_TOLD: dict[str, Callable[[Sandbox], Any]] = {
    "requests": lambda sandbox: [seen.as_dict() for seen in sandbox.requests],
    "incidents": lambda sandbox: sandbox.incidents,
    "situations": lambda sandbox: [each.as_dict() for each in sandbox.situations.running()],
}
_ORDERS: dict[str, Callable[[Sandbox, Any], Any]] = {
    "misbehave": lambda sandbox, body: sandbox.misbehave(**body),
    "behave": lambda sandbox, _body: sandbox.behave(),
    "incidents": _incidents,
    "corrections": _correct,
    "environments": _add_environment,
    "habits": _habits,
    "situations": _begin_situations,
    "restore": lambda sandbox, body: sandbox.situations.end(**body),
    "revoke": lambda sandbox, body: sandbox.revoke(body["token"]),
    "reset": lambda sandbox, _body: sandbox.reset(),
}
