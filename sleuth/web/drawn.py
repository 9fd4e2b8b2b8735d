"""Small parts of pages that are drawn once: dashboards repeat them, and so do readers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Flask, g, request
from jinja2.runtime import Macro

MOST_KEPT = 4096
"""Of a kilobyte or less each, unless somebody has a very long name; pictures are kept elsewhere."""


def init_app(app: Flask) -> None:
    """Offer ``drawn(macro, …)`` to templates."""

    # Typed, because text that is to be escaped equals markup that is not.
    @lru_cache(maxsize=MOST_KEPT, typed=True)
    def kept(
        macro: Macro, _root: str, _organization: str | None, *args: object, **options: object
    ) -> Any:
        return macro(*args, **options)

    def drawn(macro: Macro, *args: object, **options: object) -> Any:
        """Return what a macro draws, from memory where it has drawn the same before.

        Args:
            macro: Imported, and it looks at nothing but its arguments and addresses: not at the
                time, the reader, or what is stored.
            args, options: Its arguments; each can be hashed and does not change.
        """
        return kept(macro, request.script_root, g.get("organization_slug"), *args, **options)

    app.jinja_env.globals["drawn"] = drawn
