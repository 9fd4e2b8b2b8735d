"""Keeping out of a report what belongs to somebody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sleuth.redaction import Scrubber

SHORTEST = 3
SMALLEST_TOLD = 1000


class Pseudonyms:
    """Replaces every text that an answer held, unless somebody vouches for it.

    The same text gets the same pseudonym, ``[slug 1]``, so that a report remains legible.
    Texts of fewer than three characters, and numbers below 1000, are not told from others.

    Args:
        credentials: By name; the secret ones are hidden in every form.
        secrets: Names of those that are secret.
        keys: Of documents, that are nobody's because the plugin itself knows them.
    """

    def __init__(
        self,
        credentials: Mapping[str, str],
        secrets: Iterable[str],
        keys: Collection[str] = (),
    ) -> None:
        hidden = set(secrets)
        self._scrub = Scrubber(credentials[name] for name in hidden if name in credentials)
        self._keys = {*keys, *credentials}
        self._names: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self.learn({name: text for name, text in credentials.items() if name not in hidden})

    def learn(self, document: Any) -> None:
        """Remember what stands in a document."""
        for key, text in self._texts(document, "value"):
            if text.lower() not in self._names:
                self._counts[key] += 1
                self._names[text.lower()] = f"[{key} {self._counts[key]}]"

    def __call__(self, text: str, public: Iterable[str] = ()) -> str:
        """Return a text with pseudonyms.

        Args:
            public: Texts that may stay, also inside of others.
        """
        allowed = {each.lower() for each in public if each}
        text = self._scrub(text)
        known = sorted({*self._names, *allowed}, key=len, reverse=True)
        present = [re.escape(each) for each in known if each in text.lower()]
        if not present:
            return text
        pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(present)})(?![\w-])", re.IGNORECASE)
        return pattern.sub(lambda match: self._instead_of(match[0], allowed), text)

    def _instead_of(self, found: str, allowed: set[str]) -> str:
        return found if found.lower() in allowed else self._names[found.lower()]

    def _texts(self, value: Any, key: str) -> Iterator[tuple[str, str]]:
        """Yield every text and number of a document, with the key it stands under, and the
        keys that may be somebody's, too."""
        if isinstance(value, Mapping):
            for name, part in value.items():
                is_known = str(name) in self._keys
                if not is_known:
                    yield from self._texts(str(name), "key")
                yield from self._texts(part, str(name) if is_known else "value")
        elif isinstance(value, list):
            for part in value:
                yield from self._texts(part, key)
        elif isinstance(value, str):
            if len(text := value.strip()) >= SHORTEST:
                yield key, text
        elif type(value) is int and abs(value) >= SMALLEST_TOLD:
            yield key, str(value)
