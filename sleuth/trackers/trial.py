"""Trying a plugin in a process of its own: whatever it does to that, it would do to the product.

The child (:mod:`sleuth.trackers.tryout`) reads what to load, and writes how far it has come and
that it has come to the end. All of that is in files and not in pipes, which would keep us
waiting as long as anybody that the plugin has started holds their other end.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import sleuth
from sleuth import clock
from sleuth.text import clean
from sleuth.trackers import keys
from sleuth.trackers.errors import shortened
from sleuth.trackers.record import Trial, digest_of
from sleuth.trackers.sources import Source

LIMIT_SECONDS = 10.0
MOST_SHOWN = 4000
MOST_REPORTED = 100_000
HANDED_OVER = (bool, str, list, tuple)

logger = logging.getLogger(__name__)


def attempt(source: Source, app_config: Mapping[str, Any], seconds: float = LIMIT_SECONDS) -> Trial:
    """Load a plugin in a child process, and return what that did to the process.

    Args:
        app_config: As for :func:`sleuth.trackers.load`.
        seconds: How long it may take.

    Returns:
        What came of it. Where no process can be had for it, a trial of nothing, with a note:
        that is not the plugin's fault.
    """
    digest = digest_of(source)
    order = json.dumps({"key": source.key, "config": _plain(app_config)})
    scrub = keys.scrubber(app_config)
    try:
        with TemporaryFile() as given, TemporaryFile() as report, TemporaryFile() as output:
            given.write(order.encode())
            given.seek(0)
            how, has_left_some = _run(given, report, output, seconds)
            trial = _judged(digest, how, _start_of(report, MOST_REPORTED), scrub)
            if trial.fatal or not trial.digest:
                _log(source, scrub(_start_of(output, MOST_SHOWN).decode(errors="replace")))
    except OSError as error:
        return _untried(error.strerror or type(error).__name__)
    if has_left_some and not trial.fatal:
        note = "It leaves processes running when it is loaded."
        return Trial(trial.digest, "", (*trial.notes, note), trial.tried_at)
    return trial


def _untried(reason: str) -> Trial:
    return Trial("", notes=(f"It could not be tried before it was loaded: {reason}.",))


def _judged(digest: str, how: str, report: bytes, scrub: Callable[[str], str]) -> Trial:
    """Return what to make of a child's end, and of what it said before."""
    lines = [_line(each) for each in report.splitlines() if each]
    steps = [line["step"] for line in lines if "step" in line]
    if not steps:
        return _untried(f"its process {how}")
    at = clock.now().timestamp()
    if {} in lines:
        fatal = f"It wrote to a file that is not its own while {steps[-1]}."
    elif "fatal" not in lines[-1]:
        fatal = f"It {how} while {steps[-1]}."
    else:
        fatal = lines[-1]["fatal"]
    notes = tuple(shortened(scrub(each)) for each in lines[-1].get("notes", ()))
    return Trial(digest, shortened(scrub(fatal)), notes, at)


def _line(text: bytes) -> dict[str, Any]:
    """Return a line of the child's report; nothing if it is not one of those."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(line, dict) or not isinstance(line.get("notes", []), list):
        return {}
    texts = [line.get("step", ""), line.get("fatal", ""), *line.get("notes", ())]
    is_ours = len(line.keys() & {"step", "fatal"}) == 1 and all(isinstance(t, str) for t in texts)
    return line if is_ours else {}


def _run(
    given: IO[bytes], report: IO[bytes], output: IO[bytes], seconds: float
) -> tuple[str, bool]:
    """Return how the child ended, and whether it left processes of its own behind."""
    child = _start(given, report.fileno(), output)
    try:
        child.wait(seconds)
        how = _in_words(child.returncode)
    except subprocess.TimeoutExpired:
        how = f"hung for more than {seconds:.0f} s"
    finally:
        has_left_some = _end(child)
    return how, has_left_some


def _start(given: IO[bytes], report: int, output: IO[bytes]) -> subprocess.Popen[bytes]:
    path = [str(Path(sleuth.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    environ = {**keys.without_keys(os.environ), "PYTHONPATH": os.pathsep.join(filter(None, path))}
    return subprocess.Popen(
        [sys.executable, "-m", "sleuth.trackers.tryout", str(report), str(os.getpid())],
        env=environ,
        stdin=given,
        stdout=output,
        stderr=output,
        pass_fds=(report,),
        start_new_session=True,
    )


def _end(child: subprocess.Popen[bytes]) -> bool:
    """Kill all that is left of a child's session; return whether anything else was."""
    has_ended = child.poll() is not None
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        child.wait()
    return has_ended


def _in_words(code: int) -> str:
    if code >= 0:
        return f"ended the process with status {code}"
    name = f"signal {-code}"
    with suppress(ValueError):  # the signals of real time have no names
        name = signal.Signals(-code).name
    return f"crashed the process ({name})"


def _start_of(file: IO[bytes], most: int) -> bytes:
    file.seek(0)
    return file.read(most)


def _log(source: Source, output: str) -> None:
    if text := clean(output):
        logger.info("Plugin %s, tried in a process of its own:\n%s", source.origin.name, text)


def _plain(app_config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in keys.without_keys(app_config).items()
        if name.startswith("SLEUTH_") and isinstance(value, HANDED_OVER)
    }
