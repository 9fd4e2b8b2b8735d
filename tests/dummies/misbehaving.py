"""A plugin that does all that no plugin should, on request.

While it is loaded the request is the environment variable ``SLEUTH_MISBEHAVE``; in a hook it is
the ``mode`` among the credentials. Without a request it behaves.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

from sleuth.plugin_api import (
    CountSeries,
    CredentialField,
    ImpactConfig,
    ImpactField,
    ImpactWarning,
    RemoteProject,
    TokenCheck,
    TrackerContext,
    TrackerError,
    TrackerInfo,
    hookimpl,
)

HOUR = 3600
REQUEST = os.environ.get("SLEUTH_MISBEHAVE", "")
EVIL = "\x1b[31m<script>alert(1)</script>\x1b[0m\x07"


def _leak(*, daemon: bool) -> None:
    threading.Thread(target=time.sleep, args=(HOUR,), name="leak", daemon=daemon).start()


def _raise(error: BaseException) -> None:
    raise error


def _hang_on() -> None:
    while True:
        try:
            time.sleep(HOUR)
        except BaseException as error:
            sys.stdout.write(f"not bothered by {error}\n")


def _print_secrets() -> None:
    sys.stdout.write(f"printed {dict(os.environ)}\n")


AT_IMPORT: dict[str, Callable[[], object]] = {
    "raises": lambda: _raise(RuntimeError(f"boom {EVIL}")),
    "interrupts": lambda: _raise(KeyboardInterrupt()),
    "exits": lambda: sys.exit(3),
    "exits at once": lambda: os._exit(3),
    "exits as if all were well": lambda: os._exit(0),
    "hangs": lambda: time.sleep(HOUR),
    "crashes": lambda: os.kill(os.getpid(), 11),
    "never ends": lambda: atexit.register(time.sleep, HOUR),
    "takes 3 GB": lambda: [bytearray(2**28) for _ in range(12)],
    "leaks a thread": lambda: _leak(daemon=False),
    "leaks a daemon": lambda: _leak(daemon=True),
    "prints secrets": _print_secrets,
}
AT_IMPORT.get(REQUEST, lambda: None)()

if REQUEST == "raises on registration":

    def __dir__() -> list[str]:
        raise RuntimeError("no registration")


@hookimpl
def sleuth_tracker_info() -> Any:
    answers: dict[str, Callable[[], object]] = {
        "raises in a hook": lambda: _raise(RuntimeError("no info")),
        "answers a number": lambda: 7,
        "answers 200 MB": lambda: [0] * 25_000_000,
        "exits in a hook": lambda: os._exit(4),
    }
    return answers[REQUEST]() if REQUEST in answers else _info()


def _info() -> TrackerInfo:
    words = EVIL if REQUEST == "answers escapes" else ""
    return TrackerInfo(
        slug="sentry" if REQUEST == "claims a slug" else "misbehaving",
        name=f"Misbehaving{words}",
        description=f"Enable Misbehaving to see what holds.{words}",
        credential_fields=(
            CredentialField("token", f"Auth Token{words}", help=words),
            CredentialField("mode", "Mode", is_secret=False, is_required=False),
        ),
        api_version=99 if REQUEST == "is from the future" else 1,
        notices=(f"Beware.{words}",),
    )


@hookimpl
def sleuth_impact_fields() -> list[ImpactField]:
    words = EVIL if REQUEST == "answers escapes" else ""
    return [ImpactField("project", f"Project{words}", "remote_project", help=words)]


@hookimpl
def sleuth_validate_token(tracker: TrackerContext) -> Any:
    return behave(tracker, TokenCheck(ok=True, message="Hello", account_label="Somebody"))


@hookimpl
def sleuth_list_projects(tracker: TrackerContext) -> Any:
    return behave(tracker, [RemoteProject("1", "Shop")])


@hookimpl
def sleuth_collect_counts(
    tracker: TrackerContext, config: ImpactConfig, since: datetime, until: datetime
) -> Any:
    if config.project_key != "1":
        return CountSeries(60, (), complete_until=until)
    return behave(tracker, CountSeries(60, ((since, 1),), complete_until=until))


@hookimpl
def sleuth_check_impact(tracker: TrackerContext) -> Any:
    return behave(tracker, [ImpactWarning("environment", f"Odd. {EVIL}")])


if REQUEST == "misspells a hook":
    sleuth_list_project = sleuth_list_projects
if REQUEST == "forgets hookimpl":

    def sleuth_list_projects() -> list[RemoteProject]:
        return []


def _lazy() -> Iterator[Any]:
    yield RemoteProject("1", "Shop")
    raise RuntimeError("too late")


class UnreadableError(Exception):
    def __str__(self) -> str:
        return str(self.words)


class HaltingError(Exception):
    def __str__(self) -> str:
        return str(sys.exit(5))


class HollowError(TrackerError):
    def __init__(self) -> None:
        pass


class OddError(TrackerError):
    message = property(lambda _: sys.exit(6))

    def __init__(self) -> None:
        self.permanent = True


def _raise_after(token: str, error: BaseException) -> None:
    raise error from RuntimeError(f"401 for {token}")


RAISED: dict[str, Callable[[], BaseException]] = {
    "raises what cannot be read": UnreadableError,
    "raises what exits when read": HaltingError,
    "raises a hollow TrackerError": HollowError,
    "raises a TrackerError that exits": OddError,
    "raises StopIteration": StopIteration,
    "raises GeneratorExit": GeneratorExit,
    "raises BaseException": BaseException,
    "is cancelled": asyncio.CancelledError,
    "waits for ever": lambda: TrackerError("Later.", retry_after=10**400),
}


def _tell_elsewhere(token: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_tell, token).result()
    sys.stdout.buffer.write(f"as bytes {token}\n".encode())


def _tell_later(token: str) -> None:
    def speak() -> None:
        time.sleep(0.2)
        _tell(token)

    threading.Thread(target=speak, name="afterwards", daemon=True).start()


def _tell_descriptors(token: str) -> None:
    os.write(1, f"raw {token}\n".encode())
    subprocess.run(["/bin/sh", "-c", f"echo raw {token}; echo raw {token} >&2"], check=True)


def _tell(token: str) -> None:
    sys.stdout.write(f"printed {token}\n")
    sys.stderr.write(f"complained {token}\n")
    logging.getLogger("misbehaving").warning("logged %s", token)
    warnings.warn(f"warned {token}", stacklevel=1)


TELL: dict[str, Callable[[str], None]] = {
    "tells the token": _tell,
    "tells the token in a thread": _tell_elsewhere,
    "tells the token later": _tell_later,
    "tells the token to descriptors": _tell_descriptors,
}


def behave(tracker: TrackerContext, good_answer: Any) -> Any:
    """Return the good answer, having done what was requested, or something else instead."""
    mode, token = tracker.credentials.get("mode", ""), tracker.credentials["token"]
    instead: dict[str, Callable[[], object]] = {
        "raises": lambda: _raise(RuntimeError(f"boom {token}")),
        "interrupts": lambda: _raise(KeyboardInterrupt()),
        "exits": lambda: sys.exit(3),
        "exits at once": lambda: os._exit(3),
        "exits as if all were well": lambda: os._exit(0),
        "hangs": lambda: time.sleep(HOUR),
        "hangs on": _hang_on,
        "answers a number": lambda: 7,
        "answers lazily": _lazy,
        "answers 200 MB": lambda: [0] * 25_000_000,
        "answers a long text": lambda: TokenCheck(ok=True, message="x" * 200_000_000),
        "answers escapes": lambda: TokenCheck(ok=False, message=f"No. {EVIL}"),
        "labels with escapes": lambda: [RemoteProject("1", f"Shop {EVIL}")],
        "counts for ever": lambda: replace(good_answer, points=good_answer.points * 300_000),
        "has escapes in a key": lambda: [RemoteProject(EVIL, "Shop")],
        "takes all memory": lambda: bytearray(2**40),
    }
    TELL.get(mode, lambda _: None)(token)
    if mode in RAISED:
        _raise_after(token, RAISED[mode]())
    if mode == "leaks a thread":
        _leak(daemon=False)
    return instead[mode]() if mode in instead else good_answer
