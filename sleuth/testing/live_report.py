"""What live checks have found, to be read by people or programs and shared with anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sleuth.testing.live import Verdict


@dataclass(frozen=True, slots=True)
class Result:
    """One check and what came of it; see :class:`sleuth.testing.live.LiveCheck`."""

    name: str
    question: str
    assumed: str
    verdict: Verdict
    seen: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Report:
    """All of them.

    Args:
        tracker: As people call it.
        plugin: Of the file or folder.
        host: Which service it is about.
        requests: How many were made, of the ``budget``.
    """

    tracker: str
    plugin: str
    version: str
    api_version: int
    sleuth: str
    day: date
    host: str
    requests: int
    budget: int
    results: tuple[Result, ...]

    @property
    def exit_code(self) -> int:
        """0 if all that could be found out is as assumed, 1 if not, 2 if nothing could be."""
        verdicts = {each.verdict for each in self.results}
        if Verdict.DIFFERS in verdicts:
            return 1
        return 0 if Verdict.AS_ASSUMED in verdicts else 2

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return {**asdict(self), "day": self.day.isoformat(), "results": list(self._rows())}

    def _rows(self) -> Iterator[dict[str, Any]]:
        for each in self.results:
            yield {**asdict(each), "verdict": each.verdict.value, "seen": list(each.seen)}

    def as_markdown(self) -> str:
        """Return a page."""
        counts = Counter(each.verdict for each in self.results)
        lines = [
            f"# Live check of {self.tracker}",
            "",
            "| | |",
            "|---|---|",
            f"| plugin | {self.plugin} {self.version}".rstrip() + " |",
            f"| API version, Sleuth | {self.api_version}, {self.sleuth} |",
            f"| day | {self.day.isoformat()} |",
            f"| host | {self.host} |",
            f"| requests | {self.requests} of {self.budget} |",
            *(f"| {verdict.value} | {counts[verdict]} |" for verdict in Verdict),
            "",
            "Texts in brackets, as [slug 1], stand for something that was left out.",
        ]
        return "\n".join([*lines, *(line for each in self.results for line in _section(each))])


def _section(result: Result) -> list[str]:
    because = f" because {result.because}." if result.because else ""
    return [
        "",
        f"## {result.name}: {result.verdict.value}",
        "",
        result.question,
        "",
        f"- Assumed: {result.assumed}",
        *(f"- Seen: {line}" for line in result.seen),
        *([f"- It could not be found out{because}"] if because else []),
    ]
