"""Requests and answers as plain values, apart from any socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

CONTROL = "control"
MAX_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Request:
    """What came in.

    Args:
        silo: ``control`` or the name of the region whose port was asked.
        authorization: The header as sent, "" without one.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    silo: str
    authorization: str
    now: datetime
    body: bytes = b""

    def first(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        return next((value for key, value in self.query if key == name), default)

    def all(self, name: str) -> list[str]:
        """Return every value of a repeatable query parameter."""
        return [value for key, value in self.query if key == name]

    @property
    def token(self) -> str:
        """The bearer token as sent, "" without one."""
        scheme, _, value = self.authorization.partition(" ")
        return value.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out.

    Args:
        delay_seconds: Wait before the first byte.
        ending: ``whole``; ``stall`` after half of the body; ``silence``, nothing at all
            on an open connection; ``hang_up``, the connection is closed unanswered.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    ending: Literal["whole", "stall", "silence", "hang_up"] = "whole"


class RefusalError(Exception):
    """Ends the handling of a request with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a JSON document."""
    content = {"Content-Type": "application/json", **(headers or {})}
    return Answer(status, json.dumps(value).encode(), content)


def refuse(status: int, detail: Any) -> RefusalError:
    """Make the refusal that Sentry's REST framework words as ``{"detail": …}``."""
    headers = {"WWW-Authenticate": 'xBasic realm="api"'} if status == 401 else {}
    return RefusalError(as_json({"detail": detail}, status, headers))


def nothing_here() -> RefusalError:
    """Make the 404 with an empty body of an endpoint that lives in another silo."""
    return RefusalError(Answer(404))


def no_such_resource() -> RefusalError:
    """Make the 404 that stands for an unknown organization and an unknown environment alike."""
    return refuse(404, "The requested resource does not exist")


def forbidden() -> RefusalError:
    """Make the 403 that stands for a missing scope and an inaccessible project alike."""
    return refuse(403, "You do not have permission to perform this action.")


def moved(url: str, slug: str) -> Answer:
    """Answer that something has another slug by now.

    Args:
        url: Path and query of what was asked for, with the new slug in it.
    """
    detail = {
        "code": "resource-moved",
        "message": "Resource has been moved",
        "extra": {"url": url, "slug": slug},
    }
    return as_json({"slug": slug, "detail": detail}, 302, {"Location": url})


def moved_within(request: Request, former_slug: str, slug: str) -> RefusalError:
    """Make the 302 that answers a path which still names the former slug."""
    path = request.path.replace(f"/{former_slug}/", f"/{slug}/", 1)
    query = f"?{urlencode(request.query)}" if request.query else ""
    return RefusalError(moved(path + query, slug))


def paginated(
    rows: list[dict[str, Any]], request: Request, link_base: str, size: int | None = None
) -> Answer:
    """Answer with one page of rows and Sentry's ``Link`` header.

    Args:
        link_base: Scheme and host written into the links; clients must use the cursor only.
        size: Of a page, where the parameter for it is not called ``per_page``.
    """
    asked, offset = _page(request)
    size = size or asked
    following = offset + size
    links = (
        _link(request, link_base, "previous", f"0:{max(offset - size, 0)}:1", offset > 0),
        _link(request, link_base, "next", f"0:{following}:0", following < len(rows)),
    )
    return as_json(rows[offset:following], headers={"Link": ", ".join(links)})


def _page(request: Request) -> tuple[int, int]:
    per_page, cursor = request.first("per_page", "100"), request.first("cursor", "0:0:0")
    parts = cursor.split(":")
    if not per_page.isdigit() or not 1 <= int(per_page) <= MAX_PER_PAGE:
        raise refuse(400, f"Invalid per_page value. Must be between 1 and {MAX_PER_PAGE}.")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        raise refuse(400, "Invalid cursor parameter.")
    return int(per_page), int(parts[1])


def _link(request: Request, base: str, rel: str, cursor: str, has_results: bool) -> str:
    kept = [(key, value) for key, value in request.query if key != "cursor"]
    url = f"{base}{request.path}?{urlencode([*kept, ('cursor', cursor)])}"
    results = "true" if has_results else "false"
    return f'<{url}>; rel="{rel}"; results="{results}"; cursor="{cursor}"'
