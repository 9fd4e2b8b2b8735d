"""Live checks that are faulty themselves cost nothing but their own answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sleuth.http.deadline import run_until
from sleuth.plugin_api import HttpAnswer, HttpClient, TrackerContext, TrackerError
from sleuth.testing.finding import IMPORT_SECONDS, beside
from sleuth.testing.live import Finding, LiveCheck, Verdict, not_found_out
from sleuth.testing.telling import told, where


class LiveError(Exception):
    """The checks cannot be made; the message is one sentence for whoever makes them."""


def checks_of(plugin: object, name: str) -> Sequence[LiveCheck]:
    """Import the live checks that lie beside a plugin.

    Args:
        name: Of the plugin's file or folder.

    Raises:
        LiveError: there are none, they cannot be imported, or they are something else.
    """
    try:
        module = run_until(time.monotonic() + IMPORT_SECONDS, lambda: beside(plugin, "live"))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise LiveError(f"The live checks of {name} cannot be imported: {_why(error)}.") from error
    checks = getattr(module, "LIVE_CHECKS", ())
    if not isinstance(checks, list | tuple) or not all(map(_is_check, checks)):
        raise LiveError(
            f"LIVE_CHECKS of {name} is {told(checks)}, and is to be a list of LiveCheck with "
            "texts and a function each."
        )
    if not checks:
        raise LiveError(
            f"{name} has no live checks: a module `live` in its folder, or "
            f"`_{name}_live.py` beside its file, with a list LIVE_CHECKS."
        )
    return checks


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"it takes longer than {IMPORT_SECONDS} seconds"
    return where(error)


def _is_check(value: object) -> bool:
    if not isinstance(value, LiveCheck) or not callable(value.look):
        return False
    return _are_texts((value.name, value.question, value.assumed))


def looked(check: LiveCheck, context: TrackerContext, seconds: float) -> Finding:
    """Make one check, and return what it found, or why nothing could be found out.

    Args:
        seconds: How long it may take; after that it gets no more answers.
    """
    turn = _Turn(context.http)
    try:
        found = run_until(
            time.monotonic() + seconds, lambda: _found(check, replace(context, http=turn))
        )
    except TimeoutError:
        return not_found_out(f"the check did not come to an end within {seconds:.0f} seconds")
    finally:
        turn.is_over = True
    return found


def _found(check: LiveCheck, context: TrackerContext) -> Finding:
    try:
        found = check.look(context)
    except TrackerError as error:
        return not_found_out(f"there was no answer to go by: {error.message.rstrip('.')}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return not_found_out(f"the check itself failed ({type(error).__name__})")
    flaw = _flaw(found)
    return not_found_out(f"the check itself is at fault: {flaw}") if flaw else found


def _flaw(answer: object) -> str:
    """Return what is wrong with an answer by its types alone, as its values may be anybody's."""
    if not isinstance(answer, Finding):
        return f"it returned {type(answer).__name__}, and not a Finding"
    found: Any = answer
    if found.verdict not in list(Verdict):
        return "its verdict is none"
    if not _are_texts(found.seen) or not _are_texts(found.public):
        return "what it has seen, or calls public, is no tuple of texts"
    return "" if isinstance(found.because, str) else "its reason is no text"


def _are_texts(values: object) -> bool:
    return isinstance(values, list | tuple) and all(isinstance(each, str) for each in values)


class _Turn:
    """The client, for as long as it is one check's turn."""

    def __init__(self, client: HttpClient) -> None:
        self.is_over = False
        self._client = client

    def get(
        self,
        url: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """GET an absolute URL; raises TrackerError once the turn is over."""
        if self.is_over:
            raise TrackerError("This check has had its time.")
        return self._client.get(url, params=params, headers=headers)
