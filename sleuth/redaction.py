"""Taking secrets out of text that is logged or shown."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"
SHORTEST_RECOGNIZABLE = 6
SHORTEST_PART = 12
QUOTES = "\"'`“”‘’«»<>,;"


class Scrubber:
    """Replaces secrets, in every form in which they usually leak, by ``[hidden]``.

    Args:
        secrets: The values to hide; empty ones are ignored. One of fewer than six
            characters is only hidden where it stands as a word of its own.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        patterns = {form: pattern for secret in secrets for form, pattern in _patterns(secret)}
        longest_first = sorted(patterns, key=len, reverse=True)
        self._pattern = re.compile("|".join(patterns[form] for form in longest_first) or r"(?!)")

    def __call__(self, text: str) -> str:
        """Return the text without the secrets."""
        return self._pattern.sub(HIDDEN, text)


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
