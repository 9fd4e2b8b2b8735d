"""Stand-ins for the names of people and things, the same throughout one document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from sleuth.redaction import HIDDEN, Scrubber

LONGEST_TEXT = 500
SHORTEST_NAME = 3
"""Shorter names are not looked for in texts: they identify nothing, and are in every word."""

ADDRESS = "[address]"
EMAIL = "[e-mail]"
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@<>()\"',;:]+@[^\s@<>()\"',;:]+")
_TOKEN = re.compile(r"[\w+/=~-]{24,}")
_MASKED = re.compile(r"…\w+")
_PART = re.compile(r"[·,()<>|]")


class Pseudonyms:
    """Replaces names by ``kind-number``, numbered as they turn up.

    Args:
        scrub: Hides the secrets that are known.
    """

    def __init__(self, scrub: Scrubber) -> None:
        self._scrub = scrub
        self._of_kind: dict[tuple[str, str], str] = {}
        self._in_texts: dict[str, str] = {}
        self._numbers: dict[str, count[int]] = {}
        self._pattern, self._covers = re.compile(r"(?!)"), 0

    def of(self, kind: str, name: str | None) -> str | None:
        """Return what stands for a name; what is empty or None stays that."""
        if not name:
            return name
        key = name.strip()  # trackers tell upper from lower case, so a report has to
        if (kind, key) not in self._of_kind:
            number = next(self._numbers.setdefault(kind, count(1)))
            self._of_kind[kind, key] = f"{kind}-{number}"
        stand_in = self._of_kind[kind, key]
        self._in_texts.setdefault(key.casefold(), stand_in)
        return stand_in

    def know(self, kind: str, name: str | None, *others: str | None) -> None:
        """Let a name, its parts and its other spellings be recognized in texts."""
        stand_in = self.of(kind, name)
        if not name or not stand_in:
            return
        for spelling in filter(None, (*_PART.split(name), *others)):
            self._in_texts.setdefault(spelling.strip().casefold(), stand_in)

    def text(self, text: str) -> str:
        """Return a text without secrets, addresses, and names that are known."""
        if not text:
            return text
        found = _ADDRESS.sub(ADDRESS, self._scrub(text))
        found = self._names().sub(lambda match: self._in_texts[match[0].casefold()], found)
        found = _MASKED.sub(HIDDEN, _TOKEN.sub(HIDDEN, _EMAIL.sub(EMAIL, found)))
        return found if len(found) <= LONGEST_TEXT else f"{found[:LONGEST_TEXT]} […]"

    def texts(self, texts: Iterable[str]) -> list[str]:
        """Return texts without what they must not hold."""
        return [self.text(each) for each in texts]

    def _names(self) -> re.Pattern[str]:
        """Return what finds every name known by now; names are added, but never taken away."""
        if self._covers != len(self._in_texts):
            self._pattern, self._covers = self._compiled(), len(self._in_texts)
        return self._pattern

    def _compiled(self) -> re.Pattern[str]:
        names = [each for each in self._in_texts if len(each) >= SHORTEST_NAME]
        longest_first = sorted(names, key=len, reverse=True)
        either = "|".join(re.escape(each) for each in longest_first) or r"(?!)"
        return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)
