"""Values and errors, as an author wants to read them."""

from __future__ import annotations

import signal
import sysconfig
import traceback
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from typing import Any

LONGEST = 300
FEW = 3


def told(value: object) -> str:
    """Return a value in a line: of dataclasses what differs from the defaults, of long
    sequences the beginning."""
    text = _told(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _told(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({', '.join(_set_fields(value))})"
    if isinstance(value, list | tuple):
        opening, closing = "[]" if isinstance(value, list) else "()"
        more = [f"… {len(value)} in all"] if len(value) > FEW else []
        return f"{opening}{', '.join([*map(_told, value[:FEW]), *more])}{closing}"
    return repr(value)


def _set_fields(value: Any) -> Iterator[str]:
    for field in fields(value):
        held = getattr(value, field.name)
        is_made = field.default_factory is not MISSING and held == field.default_factory()
        if field.repr and held != field.default and not is_made:
            yield f"{field.name}={_told(held)}"


def difference(one: object, other: object) -> str:
    """Return in what two values differ, the fields alone where they are of one dataclass."""
    if is_dataclass(one) and type(one) is type(other):
        for field in fields(one):
            held = getattr(one, field.name), getattr(other, field.name)
            if held[0] != held[1]:
                name = f"{type(one).__name__}.{field.name}"
                return f"{name} was {told(held[0])}, and then {told(held[1])}"
    return f"it was {told(one)}, and then {told(other)}"


def where(error: BaseException) -> str:
    """Return an exception in a line: type, message, and where in the author's code it arose."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{type(error).__name__}: {error.msg} (line {error.lineno} of {error.filename})"
    library = sysconfig.get_path("stdlib")
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith((library, "<"))]
    place = f" (line {own[-1].lineno} of {own[-1].filename})" if own else ""
    return f"{type(error).__name__}: {error}{place}"


def ending(code: int) -> str:
    """Return how a process came to its end, as the end of a sentence.

    Args:
        code: Negative for a signal, as :attr:`subprocess.Popen.returncode` is.
    """
    if code < 0:
        return f"crashed the process ({signal.Signals(-code).name})"
    return f"ended the process with status {code}"
