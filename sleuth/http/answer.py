"""What a tracker's server answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from json import JSONDecodeError
from typing import Any

from requests.utils import parse_header_links

from sleuth.plugin_api import TrackerError


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, whatever its status; satisfies :class:`sleuth.plugin_api.HttpAnswer`.

    Args:
        tracker: Name of the tracker, for error messages.
        headers: Case-insensitive.
    """

    tracker: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body as UTF-8, undecodable bytes replaced."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            TrackerError: ``bad_answer``, saying whether it was empty, a web page, broken
                off or something else.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            fault = _what_it_is(self.text.strip(), error)
        raise TrackerError(
            f"{self.tracker} {fault} (status {self.status}). This is on the side of "
            f"{self.tracker}.",
            reason="bad_answer",
        )

    def next_link(self) -> Mapping[str, str]:
        """Return the parameters of the ``rel="next"`` link, with its address as ``url``."""
        links = parse_header_links(self.headers.get("Link", ""))
        for link in links:
            if "next" in link.get("rel", "").lower().split():
                return link
        return {}


def _what_it_is(text: str, error: Exception) -> str:
    if not text:
        return "gave an empty answer where data was expected"
    if text.startswith("<"):
        return "answered with a web page instead of data"
    if isinstance(error, JSONDecodeError) and _ends_early(text, error):
        return "gave an answer that breaks off in the middle"
    return "gave an answer that is not the expected data"


def _ends_early(text: str, error: JSONDecodeError) -> bool:
    return text[0] in '[{"' and (error.pos >= len(text) or error.msg.startswith("Unterminated"))
