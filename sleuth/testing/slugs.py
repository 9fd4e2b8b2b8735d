"""Which slug a plugin has, read from its source: nobody else's plugin is run for a check."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from sleuth.plugin_api import TrackerInfo


def slugs_in(place: Path | None) -> frozenset[str]:
    """Return the slugs that a plugin gives a TrackerInfo, as texts or as constants.

    Args:
        place: Its file or folder. A slug that is made up while it runs is not found.
    """
    if place is None:
        return frozenset()
    files = place.rglob("*.py") if place.is_dir() else [place]
    return frozenset(slug for file in files for slug in _slugs(file))


def _slugs(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return  # it cannot be imported either, so it has no slug
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_of_a_tracker(node.func):
            given = [each.value for each in node.keywords if each.arg == "slug"] or node.args[:1]
            for value in given:
                held = constants.get(value.id) if isinstance(value, ast.Name) else value
                if isinstance(held, ast.Constant) and isinstance(held.value, str):
                    yield held.value


def _is_of_a_tracker(function: ast.expr) -> bool:
    name = getattr(function, "id", getattr(function, "attr", ""))
    return bool(name == TrackerInfo.__name__)
