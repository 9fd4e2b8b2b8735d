"""A server for the example plugin: ``python -m plugins.example.sandbox --port 8399``.

It knows a few tokens, two projects with two environments each, and a count of errors for
every minute of all time.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sleuth.plugin_api import ImpactConfig
from sleuth.testing import Sandbox

TOKEN = "example-token-0123456789"  # noqa: S105 - this is all it protects
EXPIRED = "example-token-of-last-year"
WITHOUT_SCOPE = "example-token-without-scope"
OF_MANY = "example-token-of-many-projects"
PROJECTS = [{"id": "shop", "name": "Shop"}, {"id": "blog", "name": "Blog"}]
MANY_PROJECTS = PROJECTS + [{"id": f"p{n}", "name": f"Project {n}"} for n in range(3, 251)]
PAGE = 100
ENVIRONMENTS = ("production", "staging")
MINUTE = timedelta(minutes=1)
SETTLING = timedelta(seconds=90)
REFUSALS: dict[str, tuple[int, Any]] = {
    EXPIRED: (401, {"error": "token expired"}),
    WITHOUT_SCOPE: (403, {"error": "this needs the scope errors:read"}),
}


def count(project: str, environment: str | None, minute: datetime) -> int:
    """Return the errors of one minute; those of all environments for None."""
    if environment is None:
        return sum(count(project, each, minute) for each in ENVIRONMENTS)
    if environment not in ENVIRONMENTS:
        return 0
    return zlib.crc32(f"{project} {environment} {minute.timestamp()}".encode()) % 4


class ExampleServer(ThreadingHTTPServer):
    """Answers on a loopback port; ``now`` tells it the time."""

    daemon_threads = True

    def __init__(self, port: int = 0, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        super().__init__(("127.0.0.1", port), _Handler)
        self.now = now

    @property
    def url(self) -> str:
        """The address to set ``SLEUTH_EXAMPLE_URL`` to."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str, query: Mapping[str, str], authorization: str) -> tuple[int, Any]:
        """Return the status and the data for one request."""
        token = authorization.removeprefix("Bearer ")
        projects = MANY_PROJECTS if token == OF_MANY else PROJECTS
        known = {f"/projects/{project['id']}/errors": project["id"] for project in projects}
        if token not in {TOKEN, OF_MANY}:
            return REFUSALS.get(token, (401, {"error": "unknown token"}))
        if path == "/me":
            return 200, {"id": "1", "name": "Ada"}
        if path == "/projects":
            offset = int(query.get("offset", "0"))
            return 200, projects[offset : offset + PAGE]
        if path in known:
            return 200, self._errors(known[path], query)
        return 404, {"error": "not found"}

    def _errors(self, project: str, query: Mapping[str, str]) -> dict[str, Any]:
        complete_until = (self.now() - SETTLING).replace(second=0, microsecond=0)
        minute, until = (datetime.fromisoformat(query[name]) for name in ("since", "until"))
        minutes = []
        while minute < min(until, complete_until):
            errors = count(project, query.get("environment"), minute)
            minutes.append({"minute": minute.isoformat(), "errors": errors})
            minute += MINUTE
        return {"minutes": minutes, "complete_until": complete_until.isoformat()}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    server: ExampleServer

    def do_GET(self) -> None:
        """Answer in JSON."""
        parts = urlsplit(self.path)
        authorization = self.headers.get("Authorization", "")
        status, data = self.server.answer(parts.path, dict(parse_qsl(parts.query)), authorization)
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Tell the time of this server, which tests may stop."""
        return super().date_time_string(self.server.now().timestamp())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is given
        """Stay silent."""


@contextmanager
def serve(now: Callable[[], datetime]) -> Iterator[str]:
    """Serve on a free port while the context lasts, and yield the address."""
    with ExampleServer(now=now) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.url
        server.shutdown()


SANDBOX = Sandbox(
    serve=serve,
    credentials={"token": TOKEN},
    refused={
        "unknown": {"token": "example-token-of-a-stranger"},
        "expired": {"token": EXPIRED},
        "under_scoped": {"token": WITHOUT_SCOPE},
    },
    count=lambda config, minute: count(config.project_key, config.environment, minute),
    configs=(
        ImpactConfig("", "shop", "production"),
        ImpactConfig("", "shop", "staging"),
        ImpactConfig("", "blog", "production"),
        ImpactConfig("", "blog", None),
    ),
    many_credentials={"token": OF_MANY},
    many_projects=len(MANY_PROJECTS),
)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8399)
    with ExampleServer(parser.parse_args().port) as server:
        sys.stdout.write(f"Example on {server.url}, token {TOKEN}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
