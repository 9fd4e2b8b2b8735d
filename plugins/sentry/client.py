"""Calls to Sentry's Web API: where to, with which token, page by page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from plugins.sentry.answers import error_of, parsed
from sleuth.http import is_host_within
from sleuth.plugin_api import HttpAnswer, TrackerContext, TrackerError

Params = Sequence[tuple[str, str]]

PAGE_SIZE = "100"
_PREFIX = re.compile(r"(?:authorization\s*:)?\s*(?:bearer\s)?\s*", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff]+")
_AROUND = " \t\r\n\"'`“”‘’«»<>,;"


def clean_token(pasted: str) -> str:
    """Return the token in what was pasted: without prefix, quotes, spaces and line breaks."""
    text = _INVISIBLE.sub("", pasted).strip(_AROUND)
    return "".join(_PREFIX.sub("", text, count=1).strip(_AROUND).split())


def is_within(base: str, url: str) -> bool:
    """Whether the token may go to a URL: same host as ``base`` or below it, no weaker scheme."""
    ours, theirs = urlsplit(base), urlsplit(url)
    if theirs.scheme not in {"https", ours.scheme} or "@" in theirs.netloc:
        return False
    return is_host_within(theirs.hostname or "", ours.hostname or "")


def path_to(*parts: str) -> str:
    """Return the API path of these parts, with the trailing slash that Sentry insists on."""
    return "/api/0/" + "".join(f"{quote(part, safe='')}/" for part in parts)


class SentryClient:
    """Sentry as one token sees it.

    Args:
        tracker: The host's context; its ``url`` setting is where the control silo answers.
    """

    def __init__(self, tracker: TrackerContext) -> None:
        self.base = tracker.settings["url"].rstrip("/")
        self.token = clean_token(tracker.credentials.get("token", ""))
        self.now: datetime = tracker.now
        self._http = tracker.http

    def region(self, url: object) -> str:
        """Return a region's base URL, or the control silo's, which forwards, if it is foreign."""
        if isinstance(url, str) and url and is_within(self.base, url):
            return url.rstrip("/")
        return self.base

    def get(self, path: str, params: Params = (), host: str = "") -> HttpAnswer:
        """Return an answer whatever its status.

        Args:
            path: From :func:`path_to`.
            host: Base URL of a region, "" for the control silo.

        Raises:
            TrackerError: there was none.
        """
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        return self._http.get(f"{host or self.base}{path}", params=params, headers=headers)

    def fetch(self, path: str, what: str, params: Params = (), host: str = "") -> Any:
        """Return the document of a successful answer.

        Args:
            what: Names it in messages.

        Raises:
            TrackerError: any other answer, or none.
        """
        return self.document(self.get(path, params, host), what)

    def document(self, answer: HttpAnswer, what: str) -> Any:
        """Return the document of an answer; raises TrackerError unless it succeeded."""
        if answer.status != 200:
            raise self.error(answer, what)
        return parsed(answer)

    def error(self, answer: HttpAnswer, what: str) -> TrackerError:
        """Return the error an answer stands for, free of the token."""
        error = error_of(answer, what, self.now)
        if self.token and self.token in error.message:
            error.message = error.message.replace(self.token, "…")
            error.args = (error.message,)
        return error

    def rows(self, path: str, what: str, params: Params = (), host: str = "") -> Iterator[Any]:
        """Yield the rows of every page, following cursors on the host that was asked.

        Raises:
            TrackerError: a page could not be had.
        """
        cursor, seen = "", {""}
        while True:
            more = [("cursor", cursor)] if cursor else []
            answer = self.get(path, [*params, ("per_page", PAGE_SIZE), *more], host)
            rows = self.document(answer, what)
            if not isinstance(rows, list):
                raise TrackerError(
                    f"Sentry sent {what} in a shape that is not known here.", reason="bad_answer"
                )
            yield from rows
            link = answer.next_link()
            if link.get("results") != "true":
                return
            cursor = link.get("cursor", "")
            if cursor in seen:
                raise TrackerError(
                    f"Sentry's pages of {what} go round in circles.", reason="bad_answer"
                )
            seen.add(cursor)
