"""What can go wrong with a plugin, as opposed to the tracker it talks to."""

from __future__ import annotations

import math
from typing import get_args

from sleuth.plugin_api import Reason, TrackerError
from sleuth.redaction import Scrubber
from sleuth.text import without_escapes

LONGEST_MESSAGE = 500


class PluginBug(TrackerError):  # noqa: N818 - says whose side it is on
    """The plugin itself failed: it raised something unexpected or broke its contract."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="bad_answer")


class ContractError(Exception):
    """A plugin answered something that its contract does not allow."""


class LoadError(Exception):
    """A plugin cannot be loaded; the message is one sentence for the operator."""


def presentable(error: TrackerError, scrub: Scrubber) -> TrackerError:
    """Return a fresh error that holds what a plugin's error says, made safe to show."""
    message = scrub(str(error.message)).strip() or "The tracker gave no answer and no reason."
    retry_after = error.retry_after
    is_number = isinstance(retry_after, int | float) and math.isfinite(retry_after)
    return TrackerError(
        shortened(message),
        permanent=bool(error.permanent),
        retry_after=max(0.0, float(retry_after)) if is_number and retry_after is not None else None,
        reason=error.reason if error.reason in get_args(Reason) else "unavailable",
    )


def shortened(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """Return the text on one line, without characters that a database refuses, and cut
    where it is longer than anybody would read."""
    text = without_escapes(text[: 2 * longest])
    printable = "".join(each if each.isprintable() else " " for each in text)
    line = " ".join(printable.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def one_line(error: BaseException) -> str:
    """Return an exception as the operator should read it: its type and its message."""
    return shortened(f"{type(error).__name__}: {error}").removesuffix(":")
