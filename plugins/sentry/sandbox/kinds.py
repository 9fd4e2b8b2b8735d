"""Which kinds of errors there are, as a pure function of seed, orders and time.

Every environment has a few old ones, and now and then a new one turns up by itself; incidents
bring those that they were ordered with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from plugins.sentry.sandbox.series import Incident

DAY = 86_400
OLD = 1_680_000_000
EVERY_SECONDS = 2 * DAY
"""In each stretch of this length one new kind may turn up by itself."""

FIRST_DAYS = 35
MOST_EVENTS = 2_000
_OLD_TITLES = ("TimeoutError: read timed out", "BrokenPipeError: [Errno 32]", "Retry limit reached")
_TITLES = (
    "KeyError: 'locale'",
    "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9",
    "ConnectionResetError: [Errno 104]",
    "ValueError: invalid literal for int() with base 10: ''",
    "AssertionError: queue is not empty",
    "TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of error in one environment: an issue.

    Args:
        id: Numeric, unique.
        first_seen: In this environment, epoch seconds.
        spacing: Seconds between its events; each pause is a tenth longer than the one before.
        events: How many there will be.
        release: The release that it came with, "" if none is known.
        known_since: When another environment saw it first, None if none did.
    """

    id: str
    environment: str
    title: str
    first_seen: float
    spacing: float = 600.0
    events: int = 5
    release: str = ""
    category: str = "error"
    is_resolved: bool = False
    known_since: float | None = None

    @property
    def first_seen_anywhere(self) -> float:
        """When it was first seen in any environment, epoch seconds."""
        return self.first_seen if self.known_since is None else self.known_since

    def times(self, until: float) -> list[float]:
        """Return when its events came, before ``until``."""
        found: list[float] = []
        at, pause = self.first_seen, self.spacing
        while at < until and len(found) < min(self.events, MOST_EVENTS):
            found.append(at)
            at, pause = at + pause, pause * 1.1
        return found


def kinds_of(
    seed: int, project: str, environment: str, incidents: Iterable[Incident], now: float
) -> Iterator[Kind]:
    """Yield the kinds of errors of one environment of a project, by id, that have been seen."""
    key = f"{seed}:{project}:{environment}"
    for number, title in enumerate(_OLD_TITLES):
        first = OLD + number * 1000
        yield Kind(_id(key, title), environment, title, first, spacing=2.0, events=50)
    yield from _by_itself(key, environment, now)
    for incident in incidents:
        yield from _of_incident(key, environment, incident, now)


def _by_itself(key: str, environment: str, now: float) -> Iterator[Kind]:
    last = int(now) // EVERY_SECONDS
    for stretch in range(last - FIRST_DAYS * DAY // EVERY_SECONDS, last + 1):
        chance = _number(f"{key}:{stretch}")
        first = stretch * EVERY_SECONDS + chance % EVERY_SECONDS
        if chance // EVERY_SECONDS % 3 == 0 and first <= now:
            title = _TITLES[chance // 7 % len(_TITLES)]
            id_ = _id(key, f"{title}:{stretch}")
            yield Kind(id_, environment, title, first, 900.0, 1 + chance % 3)


def _of_incident(key: str, environment: str, incident: Incident, now: float) -> Iterator[Kind]:
    """Yield what an incident brings: each kind a little later, and with fewer events."""
    for number, title in enumerate(incident.new_errors):
        first = incident.start + 75 + 50 * number
        if first <= now:
            yield Kind(
                _id(key, f"{title}:{incident.start}"),
                environment,
                title,
                first,
                spacing=8.0 * (number + 1),
                events=max(2, 40 // (number + 1)),
                release=incident.release,
            )


def _id(key: str, name: str) -> str:
    return str(_number(f"{key}:{name}") % 10**9)


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")
