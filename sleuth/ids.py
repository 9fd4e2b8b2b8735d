"""Public identifiers: random ids and slugs."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable
from itertools import count

SLUG_LENGTH = 64


def new_public_id() -> str:
    """Return an id that cannot be guessed, for URLs (22 characters)."""
    return secrets.token_urlsafe(16)


def slugify(name: str) -> str:
    """Return lower-case letters, digits and hyphens for ``name``; never empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return slug[:SLUG_LENGTH].strip("-") or "unnamed"


def unique_slug(name: str, is_taken: Callable[[str], bool]) -> str:
    """Return the slug of ``name``, with a number behind it while it is taken."""
    slug = slugify(name)
    if not is_taken(slug):
        return slug
    stem = slug[: SLUG_LENGTH - 6]
    return next(each for n in count(2) if not is_taken(each := f"{stem}-{n}"))
