"""Which keys of a tracker's documents a plugin knows by name, so that they are nobody's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_KEY = re.compile(r"[A-Za-z_][\w.-]{0,39}", re.ASCII)


def keys_in(place: Path | None) -> frozenset[str]:
    """Return every single word that the source of a plugin holds as a text.

    Args:
        place: Its file or folder. What its sandbox makes up is left out.
    """
    if place is None:
        return frozenset()
    words = (word for file in _files(place) for word in _words(file))
    return frozenset(part for word in words for part in (word, *word.split(".")))


def _files(place: Path) -> Iterator[Path]:
    if not place.is_dir():
        yield place
        yield from place.parent.glob(f"_{place.stem}_live.py")
        return
    for file in place.rglob("*.py"):
        if not any(part.startswith((".", "sandbox")) for part in file.relative_to(place).parts):
            yield file


def _words(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return  # it cannot be imported either, so the plugin knows nothing by it
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and _KEY.fullmatch(value):
            yield value
