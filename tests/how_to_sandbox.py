"""Plays what the pieces of docs/plugins/how-to.md are about, besides what the tutorial needs."""

from __future__ import annotations

import threading
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from plugins.example import sandbox as example
from plugins.example.sandbox import ENVIRONMENTS, MINUTE, PAGE, ExampleServer
from sleuth.plugin_api import ImpactConfig
from sleuth.testing import Sandbox

HOUR = timedelta(hours=1)
NONE = "(none)"
Answer = tuple[int, Any]


def count(seed: str, environment: str | None, minute: datetime) -> int:
    """Return the errors of one minute, those without an environment among them.

    There are hours of silence.
    """
    if minute.hour % 7 == 3:
        return 0
    if environment is None:
        return sum(count(seed, each, minute) for each in (*ENVIRONMENTS, NONE))
    if environment == NONE:
        return example.count(f"{seed} {NONE}", "production", minute)
    return example.count(seed, environment, minute)


class _Server(ExampleServer):
    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now=now)
        self.RequestHandlerClass = _Handler

    def answer(self, path: str, query: Mapping[str, str], authorization: str) -> Answer:
        kind, _, rest = authorization.partition(" ")
        if kind == "Basic":
            authorization = f"Bearer {b64decode(rest).decode().partition(':')[2]}"
        status, data = super().answer("/me", {}, authorization)
        if status != 200:
            return status, data
        if path == "/me":
            return 200, {**data, "account": "acme", "scopes": ["errors:read"]}
        if path == "/teams":
            return 200, [{"id": "web", "name": "Web"}]
        offset = query.get("cursor") or query.get("offset") or "0"
        projects = {"offset": offset}
        if path == "/projects":
            _, rows = super().answer(path, projects, authorization)
            more = {"region": "eu", "environments": list(ENVIRONMENTS)}
            return 200, [{**row, **more} for row in rows]
        _, project, what = path.removeprefix("/").split("/")
        status, _ = super().answer(f"/projects/{project}/errors", self._nothing(), authorization)
        return (200, self._about(project, what, query)) if status == 200 else (status, {})

    def _nothing(self) -> dict[str, str]:
        return dict.fromkeys(("since", "until"), self.now().isoformat())

    def _about(self, project: str, what: str, query: Mapping[str, str]) -> Any:
        now = self.now().replace(second=0, microsecond=0)
        url = f"https://example.com/{project}"
        if what == "services":
            return [{"id": "cart", "name": "Cart"}] if query["team"] == "web" else []
        if what == "environments":
            return list(ENVIRONMENTS)
        if what == "issues":
            first = (now - 10 * MINUTE).isoformat()
            names = ("KeyError", "ValueError")
            return [
                {"title": name, "url": url, "first_seen": first, "count": n}
                for n, name in enumerate(names, 1)
            ]
        if what == "deploys":
            return [{"sha": f"a{n}", "at": (now - n * MINUTE).isoformat()} for n in (5, 50, 500)]
        return self._counts(project, what, query)

    def _counts(self, project: str, what: str, query: Mapping[str, str]) -> Any:
        seed = " ".join([project, *(query[name] for name in ("level", "service") if name in query)])
        minute = self.now().replace(second=0, microsecond=0)
        hour = minute.replace(minute=0)

        def errors(begin: datetime, width: timedelta) -> int:
            minutes = int(width / MINUTE)
            environment = query.get("environment")
            return sum(count(seed, environment, begin + n * MINUTE) for n in range(minutes))

        if what == "last":
            begins = [minute - n * MINUTE for n in range(int(query["minutes"]), 0, -1)]
            return [{"minute": each.isoformat(), "errors": errors(each, MINUTE)} for each in begins]
        since, until = (datetime.fromisoformat(query[name]) for name in ("since", "until"))
        if what == "hours":
            begins = list(_between(since, min(until, hour), HOUR))
            return [{"hour": each.isoformat(), "errors": errors(each, HOUR)} for each in begins]
        complete = minute - 2 * MINUTE
        begins = list(_between(since, min(until, complete), MINUTE))
        rows = [{"minute": each.isoformat(), "errors": errors(each, MINUTE)} for each in begins]
        return {"minutes": rows, "complete_until": complete.isoformat()}


def _between(since: datetime, until: datetime, width: timedelta) -> Iterator[datetime]:
    while since < until:
        yield since
        since += width


class _Handler(example._Handler):
    def end_headers(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.send_header("X-RateLimit-Remaining", "900")
        if parts.path == "/projects" and "cursor" in query:
            cursor = int(query["cursor"] or "0") + PAGE
            is_more = example.OF_MANY in self.headers["Authorization"] and cursor < 250
            if is_more:
                link = (
                    f'<{self.server.url}/projects?cursor={cursor}>; rel="next"; cursor="{cursor}"'
                )
                self.send_header("Link", link)
        super().end_headers()


@contextmanager
def serve(now: Callable[[], datetime]) -> Iterator[str]:
    """Serve on a free port while the context lasts, and yield the address."""
    with _Server(now) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.url
        server.shutdown()


def _truth(config: ImpactConfig, minute: datetime) -> int:
    asked = [config.values[name] for name in ("level", "service") if name in config.values]
    environment = NONE if config.environment == "" else config.environment
    return count(" ".join([config.project_key, *asked]), environment, minute)


USUAL = replace(example.SANDBOX, serve=serve, count=_truth)


def _with_values(**values: str) -> Sandbox:
    return replace(USUAL, configs=tuple(replace(each, values=values) for each in USUAL.configs))


def _pair(credentials: Mapping[str, str]) -> dict[str, str]:
    return {"email": "ada@example.com", "key": credentials["token"]}


SANDBOXES = {
    "Several credentials": replace(
        USUAL,
        credentials=_pair(USUAL.credentials),
        refused={kind: _pair(each) for kind, each in USUAL.refused.items()},
        many_credentials=_pair(USUAL.many_credentials),
    ),
    "Events without an environment": replace(
        USUAL, configs=(*USUAL.configs, ImpactConfig("", "shop", ""))
    ),
    "Things to choose from": _with_values(level="error"),
    "Choices that depend on others": _with_values(team="web", service="cart"),
    "Counts by the hour": replace(
        USUAL,
        count=lambda config, hour: sum(_truth(config, hour + n * MINUTE) for n in range(60)),
    ),
}
