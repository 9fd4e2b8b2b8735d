"""Checking a plugin in a process of its own, so that whatever it does to that is seen.

A rule counts as kept only if the process has said so: a plugin that ends it, crashes it or keeps
it from going on has broken the rule that was being tried. The next is tried in a new one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sleuth.testing.calling import CALL_SECONDS
from sleuth.testing.checking import RULE_SECONDS, Outcome
from sleuth.testing.finding import CandidateError
from sleuth.testing.process import GRACE_SECONDS, Process
from sleuth.testing.rule import Rule
from sleuth.testing.rules import RULES

SILENT_SECONDS = 2 * CALL_SECONDS
"""Of a call after which a process does not come back: it gives up a call by itself, if it is able
to. As much is given it for serving the sandbox."""

MOST_PROCESSES = 3
"""That one plugin may use up: what every rule hangs in would take a quarter of an hour."""


class Apart:
    """A plugin in a process of its own, which is started when the first rule is tried.

    Args:
        place: Of the plugin, as :func:`sleuth.testing.finding.find` takes it; ``plugins_dir``,
            likewise.
        seconds: How long the process may take for a call of a hook, and to serve the sandbox.
    """

    def __init__(self, place: str, plugins_dir: str = "", seconds: float = SILENT_SECONDS) -> None:
        self._order = {"place": place, "plugins_dir": plugins_dir}
        self._seconds = seconds
        self._given_up = ""
        self._ends: list[str] = []
        self._refused: CandidateError | None = None
        self._process: Process | None = None

    def try_rule(self, rule: Rule) -> Outcome:
        """Try one rule; after three that ended the process none is tried.

        Raises:
            CandidateError: there is no such plugin, it cannot be imported, or its sandbox
                cannot be served.
        """
        if self._refused:
            raise self._refused
        if self._given_up:
            return Outcome(rule, "not checked", f"because {self._given_up}")
        try:
            return self._tried(rule)
        except CandidateError as error:
            if not self._ends:
                self._refused = error
                raise
            self._given_up = f"it could not be begun again: {str(error).rstrip('.')}"
            return Outcome(rule, "not checked", f"because {self._given_up}")

    def _tried(self, rule: Rule) -> Outcome:
        if self._process is None:
            self._process = Process(self._seconds)
            if not self._is_ready(self._process):
                self._given_up = f"the process was at an end: {rule.number} says why"
                return self._failed(rule, self._process, "it was loaded and its sandbox served")
        said = self._process.answer(f"{rule.number}\n", RULE_SECONDS + self._seconds)
        if said is None:
            calling = self._process.calling
            return self._failed(
                rule, self._process, f"this was tried{calling and ', in '}{calling}"
            )
        if said["is_stuck"]:
            self._count(rule)
        return Outcome(rule, said["state"], said["words"])

    def _failed(self, rule: Rule, process: Process, meanwhile: str) -> Outcome:
        words = f"The plugin, or its sandbox, {process.end()} while {meanwhile}."
        self._count(rule)
        return Outcome(rule, "failed", words)

    def _count(self, rule: Rule) -> None:
        """Do without a process from now on, and without any after the last."""
        self._ends.append(rule.number)
        if len(self._ends) == MOST_PROCESSES and not self._given_up:
            numbers = f"{', '.join(self._ends[:-1])} and {self._ends[-1]}"
            self._given_up = f"{MOST_PROCESSES} processes were used up: {numbers} say why"
        self.close(grace_seconds=0)

    def _is_ready(self, process: Process) -> bool:
        """Return whether the plugin was loaded and has not ended the process meanwhile."""
        said = process.answer(f"{json.dumps(self._order)}\n", self._seconds)
        if said is None:
            said = {"error": f"{self._order['place']} cannot be imported: it {process.end()}."}
        elif "error" not in said:
            said = process.answer("", self._seconds)
        if said is not None and "error" in said:
            raise CandidateError(said["error"])
        return said is not None

    def close(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """End the process and all that it has started; as for :meth:`Process.close`."""
        process, self._process = self._process, None
        if process is not None:
            process.close(grace_seconds)


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
