"""Whether a text was written for people."""

from __future__ import annotations

import re

LONGEST = 500
FEWEST_WORDS = 3

_LIKE_CODE = re.compile(
    r"Traceback|\b\w*(?:Error|Exception)\b\(?|<class|object at 0x|\bNone\b|\{['\"]|\['|"
    r"</?[a-z]+>|\bnull\b"
)


def like_code(text: str) -> str:
    """Return what in a text only a program would say, or ""."""
    found = _LIKE_CODE.search(text)
    return found.group() if found else ""


def flaw(message: str) -> str:
    """Return why a message is not one for people, as the end of "it …", or ""."""
    text = message.strip()
    if not text:
        return "is empty"
    if len(text) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if len(text.split()) < FEWEST_WORDS:
        return "is no sentence: it has fewer than three words"
    if re.fullmatch(r"\W*(?:http|status|error|code|\W|\d)*\W*\d{3}\W*\w*\W*", text, re.IGNORECASE):
        return "is a bare status"
    if text[-1] not in '.!?)…”"':
        return "does not end like a sentence"
    code = like_code(text)
    return f"reads like a program's output ({code})" if code else ""
