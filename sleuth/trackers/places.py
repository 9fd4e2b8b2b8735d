"""Where in a plugin's own files something happened."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType

import sleuth.http

Lines = Iterable[tuple[FrameType, int]]
"""Frames with the lines that run in them, the innermost last."""

REQUESTS = Path(sleuth.http.__file__).parent


def files_of(plugin: object) -> Path | None:
    """Return the file or folder of a plugin that is loaded; None where there is none."""
    name = getattr(plugin, "__module__", None) or type(plugin).__module__
    module = plugin if hasattr(plugin, "__file__") else sys.modules.get(str(name))
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return None
    return Path(file).parent if getattr(module, "__package__", "") else Path(file)


def raised_at(error: BaseException) -> Lines:
    """Return the lines that an exception came through."""
    return traceback.walk_tb(error.__traceback__)


def running_at(thread_id: int) -> Lines:
    """Return the lines that a thread is in now; none if it has ended."""
    frame = sys._current_frames().get(thread_id)  # noqa: SLF001 -- there is no other way
    return reversed(list(traceback.walk_stack(frame))) if frame is not None else ()


def place_in(files: Path | None, lines: Lines) -> str:
    """Return the innermost line within a plugin's files, such as ``cham.py, line 19``.

    Returns:
        "" if there is none.
    """
    return next(_within(files, reversed(list(lines))), "") if files is not None else ""


def is_request(lines: Lines) -> bool:
    """Tell whether the host is asking a tracker on behalf of a plugin."""
    return any(Path(frame.f_code.co_filename).is_relative_to(REQUESTS) for frame, _ in lines)


def _within(files: Path, lines: Lines) -> Iterator[str]:
    for frame, number in lines:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(files):
            yield f"{path.relative_to(files.parent)}, line {number}"
