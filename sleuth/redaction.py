"""Taking secrets out of text that is logged or shown."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"
SHORTEST_RECOGNIZABLE = 6
SHORTEST_PART = 12
SHORTEST_HEAD = 8
"""Of a secret that was cut: where so many characters agree, it is no coincidence."""

QUOTES = "\"'`“”‘’«»<>,;"


class Scrubber:
    """Replaces secrets, in every form in which they usually leak, by ``[hidden]``.

    Args:
        secrets: The values to hide; empty ones are ignored. One of fewer than six
            characters is only hidden where it stands as a word of its own. One that was
            cut, because somebody shortened the text before, is hidden if enough is left.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        patterns = {form: pattern for secret in secrets for form, pattern in _patterns(secret)}
        longest_first = sorted(patterns, key=len, reverse=True)
        self._long = [form for form in longest_first if len(form) > SHORTEST_HEAD]
        self._pattern = re.compile("|".join(patterns[form] for form in longest_first) or r"(?!)")

    def __call__(self, text: str) -> str:
        """Return the text without the secrets."""
        return self._without_beginnings(self._pattern.sub(HIDDEN, text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scrubber) and self._pattern == other._pattern

    def __hash__(self) -> int:
        return hash(self._pattern)

    def _without_beginnings(self, text: str) -> str:
        """Hide what is left of secrets that were cut at their end."""
        done = 0
        while found := [each for form in self._long if (each := _beginning(form, text, done))]:
            at, length = min(found, key=lambda each: (each[0], -each[1]))
            text = f"{text[:at]}{HIDDEN}{text[at + length :]}"
            done = at + len(HIDDEN)
        return text


def _beginning(form: str, text: str, since: int) -> tuple[int, int] | None:
    """Return where a text agrees with the first characters of a form, and with how many."""
    head = form[: max(SHORTEST_HEAD, min(SHORTEST_PART, len(form) // 2))]
    at = text.find(head, since)
    if at < 0:
        return None
    same = takewhile(lambda pair: pair[0] == pair[1], zip(form, text[at:], strict=False))
    return at, sum(1 for _ in same)


def _patterns(secret: str) -> Iterator[tuple[str, str]]:
    for form in _forms(secret):
        escaped = re.escape(form)
        is_recognizable = len(form) >= SHORTEST_RECOGNIZABLE
        yield form, escaped if is_recognizable else rf"(?<!\w){escaped}(?!\w)"


def _forms(secret: str) -> set[str]:
    plain = {secret, *_as_sent(secret)}
    forms = set(plain)
    for value in plain:
        forms |= {quote(value), quote(value, safe=""), quote_plus(value)}
        forms |= {json.dumps(value)[1:-1], repr(value)[1:-1]}
        if len(value) >= SHORTEST_RECOGNIZABLE:
            forms |= {*_embedded(value, b64encode), *_embedded(value, urlsafe_b64encode)}
            forms |= {value.encode().hex(), value.encode().hex().upper()}
    return forms - {""}


def _as_sent(secret: str) -> Iterator[str]:
    """Yield what a plugin may make of a secret that was pasted with quotes, breaks, "Bearer"."""
    words = secret.split()
    yield "".join(words).strip(QUOTES)
    for word in words:
        if len(word) >= SHORTEST_PART:
            yield word.strip(QUOTES)


def _embedded(secret: str, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """Yield what the secret looks like inside any longer base64 text, ``user:secret`` say."""
    raw = secret.encode()
    for offset, blurred in ((0, 0), (1, 2), (2, 3)):
        encoded = encode(b"\0" * offset + raw).decode()
        whole = (offset + len(raw)) * 8 // 6
        yield encoded[blurred:whole]
