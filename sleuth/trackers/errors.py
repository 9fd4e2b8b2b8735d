"""What can go wrong with a plugin, as opposed to the tracker it talks to."""

from __future__ import annotations

import math
from typing import get_args

from sleuth.plugin_api import Reason, TrackerError
from sleuth.redaction import Scrubber
from sleuth.text import without_escapes

FAULT = "This is a fault of the plugin, not of your settings."
LONGEST_MESSAGE = 500
LONGEST_NAME = 60
LONGEST_WAIT_SECONDS = 86_400.0


class PluginBug(TrackerError):  # noqa: N818 - says whose side it is on
    """The plugin itself failed: it raised something unexpected or broke its contract."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="bad_answer")


class ContractError(Exception):
    """A plugin answered something that its contract does not allow."""


class LoadError(Exception):
    """A plugin cannot be loaded; the message is one sentence for the operator."""


def presentable(error: TrackerError, scrub: Scrubber) -> TrackerError:
    """Return a fresh error that holds what a plugin's error says, made safe to show.

    Raises:
        Exception: whatever a plugin's own kind of TrackerError raises when it is read.
    """
    message = scrub(str(error.message)).strip() or "The tracker gave no answer and no reason."
    return TrackerError(
        shortened(message),
        permanent=bool(error.permanent),
        retry_after=_seconds(error.retry_after),
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
    return shortened(f"{type(error).__name__}: {said(error)}").removesuffix(":")


def kind_of(error: BaseException) -> str:
    """Return the type of an exception in words; a plugin may have named it after a secret."""
    return shortened(str(type(error).__name__), LONGEST_NAME)


def said(error: BaseException) -> str:
    """Return the message of an exception, whose ``__str__`` may be a plugin's and fail."""
    try:
        return str(error)
    except BaseException:
        return "(its message cannot be read)"


def _seconds(wait: object) -> float | None:
    """Return a wait as it can be kept to, None if it is no number.

    Compared before it is converted, because an int may be larger than any float.
    """
    if not isinstance(wait, int | float) or (isinstance(wait, float) and not math.isfinite(wait)):
        return None
    return float(min(max(wait, 0), LONGEST_WAIT_SECONDS))
