"""Somebody who uses the product without a browser's help: forms, cookies, pages."""

from __future__ import annotations

import re
import time
from html import unescape
from urllib.parse import urlsplit

import requests

from tests.operations.processes import PATIENCE_SECONDS

_CSRF = re.compile(r"""csrf_token"[^>]*value="([^"]+)"|X-CSRFToken": "([^"]+)\"""")
_LINK = re.compile(r'(?:href|action|hx-get)="(/[^"#]*)"')


class Newcomer:
    """One session, and every answer that it got."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.csrf_token = ""

    def get(self, path: str) -> requests.Response:
        """Ask for a page; remembers the token that its forms carry."""
        return self._read(self.session.get(self.url + path, timeout=PATIENCE_SECONDS))

    def _read(self, answer: requests.Response) -> requests.Response:
        if found := _CSRF.search(answer.text):
            self.csrf_token = found[1] or found[2]
        return answer

    def post(self, path: str, **form: str) -> requests.Response:
        """Send a form, and follow where that leads."""
        form["csrf_token"] = self.csrf_token
        return self._read(self.session.post(self.url + path, data=form, timeout=PATIENCE_SECONDS))

    def settle(self, path: str, **form: str) -> requests.Response:
        """Send a form that starts a check, and wait for the outcome."""
        return self.wait_for(self.post(path, **form), until_gone='http-equiv="refresh"')

    def wait_for(self, answer: requests.Response, until_gone: str) -> requests.Response:
        """Load a page again until it says something no more."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while until_gone in answer.text:
            assert time.monotonic() < give_up_at, answer.text
            time.sleep(0.1)
            answer = self.get(urlsplit(answer.url).path)
        assert answer.status_code < 500, answer.text
        return answer

    def wait_to_read(self, path: str, words: str) -> None:
        """Load a page until it says something."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while words not in self.get(path).text:
            assert time.monotonic() < give_up_at, f"{path} never said {words}"
            time.sleep(0.2)

    def walk(self, *starts: str) -> dict[str, bytes]:
        """Open every page that can be reached, and its parts; return what they say."""
        waiting, seen = list(starts), set(starts)
        pages = {}
        while waiting:
            path = waiting.pop(0)
            answer = self.get(path)
            assert answer.status_code < 500, path
            headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
            pages[f"page {path}"] = f"{headers}\n\n{answer.text}".encode()
            found = {unescape(link) for link in _LINK.findall(answer.text)} - seen
            found = {link for link in found if not link.startswith("/static/")}
            seen |= found
            waiting += sorted(found)
        return pages
