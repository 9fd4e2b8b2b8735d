"""A stand-in for Tracker Name on this machine, against which the plugin is checked.

Let it answer as the real one does: the same addresses, the same shapes, the same refusals. The
truth that counts are compared with is ``count``.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sleuth.plugin_api import ImpactConfig
from sleuth.testing import Sandbox

SCOPES = ["errors:read", "projects:read"]
TOKENS = {"tracker-name-0123456789": SCOPES, "tracker-name-9876543210": SCOPES[1:]}
EXPIRED = "tracker-name-0000000000"
GOOD = {"token": "tracker-name-0123456789"}
PROJECTS = [{"id": f"project-{number}", "name": f"Project {number}"} for number in range(1, 131)]
ENVIRONMENTS = ("production", "staging")
PAGE = 100
MINUTE = timedelta(minutes=1)
SETTLING = timedelta(seconds=90)


def count(config: ImpactConfig, minute: datetime) -> int:
    """Return how many errors a project had in the minute that begins there."""
    wanted = ENVIRONMENTS if config.environment is None else (config.environment,)
    seeds = [
        f"{config.project_key} {environment} {minute.timestamp():.0f}"
        for environment in wanted
        if environment in ENVIRONMENTS
    ]
    return sum(sha256(seed.encode()).digest()[0] % 4 for seed in seeds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.now = now

    def answer(self, path: str, query: Mapping[str, str], token: str) -> tuple[int, Any]:
        """Return the status and the data for one request."""
        if token not in TOKENS:
            return 401, {"error": "expired" if token == EXPIRED else "unknown"}
        if path == "/me":
            return 200, {"id": "1", "name": "Ada", "scopes": TOKENS[token]}
        if path == "/projects":
            return 200, _page(int(query["page"]))
        project = path.removeprefix("/projects/").removesuffix("/errors")
        if project not in {each["id"] for each in PROJECTS}:
            return 404, {"error": "not found"}
        return (200, self._errors(project, query)) if SCOPES[0] in TOKENS[token] else (403, {})

    def _errors(self, project: str, query: Mapping[str, str]) -> dict[str, Any]:
        complete_until = (self.now() - SETTLING).replace(second=0, microsecond=0)
        minute, until = (datetime.fromisoformat(query[name]) for name in ("since", "until"))
        config = ImpactConfig("", project, query.get("environment"))
        minutes = []
        while minute < min(until, self.now()):
            minutes.append({"minute": minute.isoformat(), "errors": count(config, minute)})
            minute += MINUTE
        return {"minutes": minutes, "complete_until": complete_until.isoformat()}


def _page(number: int) -> dict[str, Any]:
    until = number * PAGE
    following = number + 1 if until < len(PROJECTS) else None
    return {"projects": PROJECTS[until - PAGE : until], "next": following}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    server: _Server

    def do_GET(self) -> None:
        """Answer in JSON."""
        parts = urlsplit(self.path)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        status, data = self.server.answer(parts.path, query, token)
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Tell the time of this server: a clock that is wrong would be found out."""
        return super().date_time_string(self.server.now().timestamp())

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@contextmanager
def serve(now: Callable[[], datetime]) -> Iterator[str]:
    """Play the tracker by the given clock; yield its address."""
    with _Server(now) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


SANDBOX = Sandbox(
    serve=serve,
    credentials=GOOD,
    refused={
        "unknown": {"token": "tracker-name-5555555555"},
        "expired": {"token": EXPIRED},
        "under_scoped": {"token": "tracker-name-9876543210"},
    },
    settings=lambda url: {"url": url},
    count=count,
    configs=(
        ImpactConfig("", "project-1", "production"),
        ImpactConfig("", "project-1", "staging"),
        ImpactConfig("", "project-2", "production"),
        ImpactConfig("", "project-2", None),
    ),
    many_credentials=GOOD,
    many_projects=len(PROJECTS),
)
