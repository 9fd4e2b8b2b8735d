"""Trying a plugin in a process of its own: whatever it does to that, it would do to the product.

The child (:mod:`sleuth.trackers.tryout`) is told on standard input what to load, and says on a
pipe how far it has come and that it has come to the end.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import sleuth
from sleuth.text import clean
from sleuth.trackers.record import Trial, digest_of
from sleuth.trackers.sources import Source

LIMIT_SECONDS = 10.0
DONE = 86
"""How the child ends when it has said everything, so that a plugin's own end is told apart."""

MOST_SHOWN = 4000
HANDED_OVER = (bool, str, list, tuple)
SECRETS = frozenset(
    {
        "SLEUTH_SECRET_KEY",
        "SLEUTH_ENCRYPTION_KEYS",
        "SLEUTH_DATABASE_URL",
        "SLEUTH_REDIS_URL",
    }
)
"""Settings that no plugin is handed, and that are hidden in what one prints while it loads."""

logger = logging.getLogger(__name__)


def attempt(source: Source, app_config: Mapping[str, Any], seconds: float = LIMIT_SECONDS) -> Trial:
    """Load a plugin in a child process, and return what that did to the process.

    Args:
        app_config: As for :func:`sleuth.trackers.load`.
        seconds: How long it may take.
    """
    digest = digest_of(source)
    reader, writer = os.pipe()
    with os.fdopen(reader, "r", encoding="utf-8") as report, tempfile.TemporaryFile() as output:
        with os.fdopen(writer, "w") as theirs:
            child = _start(theirs.fileno(), output)
        order = json.dumps({"key": source.key, "config": _plain(app_config)})
        how = _wait(child, order, seconds)
        said = report.read().splitlines()
        trial = _judged(digest, how, said)
        if trial.fatal:
            _log(source, output)
    return trial


def _judged(digest: str, how: str, said: list[str]) -> Trial:
    """Return what to make of a child's end, and of what it said before."""
    if not how and said and said[-1].startswith("{"):
        result = json.loads(said[-1])
        return Trial(digest, result["fatal"], tuple(result["notes"]))
    steps = [each for each in said if not each.startswith("{")] or ["being imported"]
    return Trial(digest, f"It {how or 'ended the process'} while {steps[-1]}.")


def _start(report: int, output: IO[bytes]) -> subprocess.Popen[str]:
    path = [str(Path(sleuth.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-m", "sleuth.trackers.tryout", str(report), str(os.getpid())],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))},
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        pass_fds=(report,),
        start_new_session=True,
        text=True,
    )


def _wait(child: subprocess.Popen[str], order: str, seconds: float) -> str:
    """Return what the child did instead of coming to the end, "" if it did."""
    try:
        child.communicate(order, timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        return f"hung for more than {seconds:.0f} s"
    code = child.returncode
    if code < 0:
        return f"crashed the process ({signal.Signals(-code).name})"
    return f"ended the process with status {code}" if code != DONE else ""


def _log(source: Source, output: IO[bytes]) -> None:
    output.seek(0)
    text = clean(output.read(MOST_SHOWN).decode(errors="replace"))
    if text:
        logger.info("Plugin %s, tried in a process of its own:\n%s", source.origin.name, text)


def _plain(app_config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in app_config.items()
        if name.startswith("SLEUTH_") and name not in SECRETS and isinstance(value, HANDED_OVER)
    }
