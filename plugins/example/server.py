"""A server for the example plugin: ``python -m plugins.example.server --port 8399``.

It knows one token, two projects, and a count of errors for every minute of all time.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "example-token-0123456789"  # noqa: S105 - this is all it protects
PROJECTS = [{"id": "shop", "name": "Shop"}, {"id": "blog", "name": "Blog"}]
MINUTE = timedelta(minutes=1)
SETTLING = timedelta(seconds=90)


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
        known = {f"/projects/{project['id']}/errors" for project in PROJECTS}
        if authorization != f"Bearer {TOKEN}":
            return 401, {"error": "unknown token"}
        if path == "/me":
            return 200, {"id": "1", "name": "Ada"}
        if path == "/projects":
            return 200, PROJECTS
        if path in known:
            return 200, self._errors(path, query)
        return 404, {"error": "not found"}

    def _errors(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        complete_until = (self.now() - SETTLING).replace(second=0, microsecond=0)
        minute, until = (datetime.fromisoformat(query[name]) for name in ("since", "until"))
        minutes = []
        while minute < min(until, complete_until):
            seed = f"{path} {query.get('environment', '')} {minute.timestamp()}"
            count = zlib.crc32(seed.encode()) % 4
            minutes.append({"minute": minute.isoformat(), "errors": count})
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
