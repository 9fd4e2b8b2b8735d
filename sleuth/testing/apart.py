"""Checking a plugin in a process of its own, so that whatever it does to that is seen.

A rule counts as kept only if the process has said so: a plugin that ends it, crashes it or keeps
it from going on has broken the rule that was being tried.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sleuth.testing.checking import RULE_SECONDS, Outcome
from sleuth.testing.finding import CandidateError
from sleuth.testing.rule import Rule
from sleuth.testing.rules import RULES

SILENT_SECONDS = 2 * RULE_SECONDS
"""After which a process does not come back: it ends a rule by itself, if it is able to."""

GRACE_SECONDS = 2


class Apart:
    """A plugin in a process of its own, which is started when the first rule is tried.

    Args:
        place: Of the plugin, as :func:`sleuth.testing.finding.find` takes it; ``plugins_dir``,
            likewise.
        seconds: How long the process may be silent.
    """

    def __init__(self, place: str, plugins_dir: str = "", seconds: float = SILENT_SECONDS) -> None:
        self._order = {"place": place, "plugins_dir": plugins_dir}
        self._seconds = seconds
        self._ended = ""
        self._refused: CandidateError | None = None
        self._child: subprocess.Popen[str] | None = None
        reader, self._theirs = os.pipe()
        self._report = os.fdopen(reader, "r", encoding="utf-8")

    def try_rule(self, rule: Rule) -> Outcome:
        """Try one rule; after one that ended the process none is tried.

        Raises:
            CandidateError: there is no such plugin, it cannot be imported, or its sandbox
                cannot be served.
        """
        if self._refused:
            raise self._refused
        if self._ended:
            return Outcome(rule, "not checked", f"because {self._ended}")
        if self._child is None:
            self._child = self._started()
            if not self._is_ready():
                return self._failed(rule, "it was loaded and its sandbox served")
        said = self._answer(f"{rule.number}\n")
        if said is None:
            return self._failed(rule, "this was tried")
        return Outcome(rule, said["state"], said["words"])

    def _failed(self, rule: Rule, meanwhile: str) -> Outcome:
        self._ended = f"the process was at an end: {rule.number} says why"
        words = f"The plugin, or its sandbox, {self._end()} while {meanwhile}."
        return Outcome(rule, "failed", words)

    def _started(self) -> subprocess.Popen[str]:
        path = [each or str(Path.cwd()) for each in sys.path]
        flags = ["-P", *(["-S"] if sys.flags.no_site else [])]
        try:
            return subprocess.Popen(
                [
                    *(sys.executable, *flags, "-m", "sleuth.testing.child"),
                    *(str(self._theirs), str(os.getpid())),
                ],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
                stdin=subprocess.PIPE,
                pass_fds=(self._theirs,),
                start_new_session=True,
                text=True,
            )
        finally:
            os.close(self._theirs)

    def _is_ready(self) -> bool:
        """Return whether the plugin was loaded and has not ended the process meanwhile."""
        said = self._answer(f"{json.dumps(self._order)}\n")
        if said is None:
            said = {"error": f"{self._order['place']} cannot be imported: it {self._end()}."}
        elif "error" not in said:
            said = self._answer("")
        if said is not None and "error" in said:
            self._refused = CandidateError(said["error"])
            raise self._refused
        return said is not None

    def _answer(self, order: str) -> dict[str, Any] | None:
        """Give an order and return the answer, None if there is none."""
        child = self._child
        if child is None or child.stdin is None:
            return None
        try:
            child.stdin.write(order)
            child.stdin.flush()
        except BrokenPipeError:
            return None
        if not select.select([self._report], [], [], self._seconds)[0]:
            return None
        line = self._report.readline()
        return json.loads(line) if line.endswith("\n") else None

    def _end(self) -> str:
        """End the process, and return what it did instead of answering."""
        child = self._child
        if child is None:
            return "was not started"
        is_silent = not select.select([self._report], [], [], 0)[0]
        try:
            code = child.wait(0 if is_silent else GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill(child)
            return f"did not come to an end within {self._seconds:.0f} seconds"
        if code < 0:
            return f"crashed the process ({signal.Signals(-code).name})"
        return f"ended the process with status {code}"

    def _kill(self, child: subprocess.Popen[str]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def close(self) -> None:
        """End the process and all that it has started."""
        child = self._child
        if child is None:
            os.close(self._theirs)
        elif child.stdin is not None:
            with suppress(BrokenPipeError, subprocess.TimeoutExpired):
                child.stdin.close()
                child.wait(GRACE_SECONDS)
            self._kill(child)
        self._report.close()


@contextmanager
def apart(place: str, plugins_dir: str = "", seconds: float = SILENT_SECONDS) -> Iterator[Apart]:
    """Have a plugin in a process of its own while the context lasts; as for :class:`Apart`."""
    process = Apart(place, plugins_dir, seconds)
    try:
        yield process
    finally:
        process.close()


def check_apart(
    place: str,
    plugins_dir: str = "",
    numbers: Iterable[str] = (),
    seconds: float = SILENT_SECONDS,
) -> Iterator[Outcome]:
    """Try a plugin against its sandbox, in a process of its own.

    Args:
        place: As for :class:`Apart`, likewise ``plugins_dir`` and ``seconds``.
        numbers: Of the rules to be tried; all of them by default.

    Raises:
        CandidateError: there is nothing to be checked.
    """
    wanted = set(numbers)
    with apart(place, plugins_dir, seconds) as process:
        for rule in RULES:
            if not wanted or rule.number in wanted:
                yield process.try_rule(rule)
