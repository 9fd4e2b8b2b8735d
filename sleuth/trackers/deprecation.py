"""Telling plugins' authors what will go: a warning for their tests, a note for operators.

A hook is deprecated by ``hookspec(warn_on_impl=PluginDeprecationWarning("…"))``, one of its
arguments by ``warn_on_impl_args``, a field of a dataclass by
``field(default=…, metadata={DEPRECATED: "…"})``. The sentence says since which version
and what to use instead.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, Field, fields
from typing import Any, TextIO

from sleuth.plugin_api import PluginDeprecationWarning
from sleuth.trackers.errors import shortened

DEPRECATED = "deprecated"


@contextmanager
def noting_deprecations(notes: list[str]) -> Iterator[None]:
    """Add to ``notes`` whatever deprecated things a plugin turns out to use meanwhile."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", PluginDeprecationWarning)
        show = warnings.showwarning

        def keep(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, PluginDeprecationWarning):
                notes.append(shortened(str(message)))
            else:
                show(message, category, filename, lineno, file, line)

        warnings.showwarning = keep
        yield


def deprecation_check(kind: type[Any]) -> Callable[[Any], None]:
    """Return what warns of an instance that sets a deprecated field of its dataclass."""
    dated = [each for each in fields(kind) if DEPRECATED in each.metadata]

    def check(value: Any) -> None:
        for each in dated:
            if getattr(value, each.name) != _default(each):
                message = f"{kind.__name__}.{each.name} is deprecated: {each.metadata[DEPRECATED]}"
                warnings.warn(message, PluginDeprecationWarning, stacklevel=2)

    return check


def _default(each: Field[Any]) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()
