"""Whether it is unlikely that so many hours without errors came about by chance.

A mean would be misled by bursts, and by days that differ from nights, so what counts is
in which hours there was any error at all. An hour is compared with those of the same time
of day, on working days or on weekends: of ``n`` hours like it ``k`` had no errors, so that
it is silent with a likelihood of about ``(k + 1) / (n + 1)``. Minus the logarithm of that
is what its silence weighs: nothing at night in a shop that sells by day, much at noon.

Hours are not independent of each other: errors come in bursts, and then stay away for days.
So the weights of a silence are added up, and the sum has to be large in itself and twice
that of any silence in the weeks before, which is measured in the same way.

Hours that are not known are no silence: they end it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log

HOURS_A_DAY = 24
SHORTEST_HOURS = 4
HISTORY_HOURS = 28 * HOURS_A_DAY
"""Before the silence; one that is longer than that is what is usual by now."""

LEAST_HISTORY_HOURS = 7 * HOURS_A_DAY
UNLIKELY = -log(1e-5)
TIMES_ANY_BEFORE = 2.0
USUALLY = 0.9

Kind = tuple[bool, int]
Hour = tuple[Kind, int | None]


@dataclass(frozen=True, slots=True)
class Silence:
    """An unlikely silence that lasts until now.

    Args:
        hours: How many whole hours have been without errors.
        usual_hours: Within how many hours there was an error before, nine times of ten.
    """

    hours: int
    usual_hours: int


def unlikely_silence(counts: Sequence[int | None], first_hour: int) -> Silence | None:
    """Return the silence that ``counts`` end in, if it is an unlikely one.

    Args:
        counts: Errors of each hour, None where not all of it is known.
        first_hour: Hours from 1970 (UTC) to the first of them.
    """
    hours = [(_kind(first_hour + index), count) for index, count in enumerate(counts)]
    length = next((i for i, count in enumerate(reversed(counts)) if count != 0), len(counts))
    before = hours[: len(hours) - length][-HISTORY_HOURS:]
    if not SHORTEST_HOURS <= length <= HISTORY_HOURS or _known(before) < LEAST_HISTORY_HOURS:
        return None
    weights = _weights(before)
    weight = sum(weights.get(kind, 0.0) for kind, _ in hours[len(hours) - length :])
    heaviest = max(_weights_of_silences(before, weights), default=0.0)
    if weight < max(UNLIKELY, TIMES_ANY_BEFORE * heaviest):
        return None
    return Silence(length, _usual_hours(before))


def _kind(hour: int) -> Kind:
    """Return whether an hour is on a weekend, and its time of day; 1970 began on a Thursday."""
    return (hour // HOURS_A_DAY + 3) % 7 >= 5, hour % HOURS_A_DAY


def _known(hours: Sequence[Hour]) -> int:
    return sum(count is not None for _, count in hours)


def _weights(hours: Sequence[Hour]) -> Mapping[Kind, float]:
    seen = Counter(kind for kind, count in hours if count is not None)
    silent = Counter(kind for kind, count in hours if count == 0)
    return {kind: -log((silent[kind] + 1) / (seen[kind] + 1)) for kind in seen}


def _weights_of_silences(hours: Sequence[Hour], weights: Mapping[Kind, float]) -> Iterator[float]:
    for is_silent, stretch in groupby(hours, key=lambda hour: hour[1] == 0):
        if is_silent:
            yield sum(weights[kind] for kind, _ in stretch)


def _usual_hours(hours: Sequence[Hour]) -> int:
    """Return how many hours it took until the next error, in nine cases of ten."""
    waits, wait = [], None
    for _, count in reversed(hours):
        if count is None:
            wait = None
        elif count:
            wait = 1
        elif wait is not None:
            wait += 1
        if count is not None and wait is not None:
            waits.append(wait)
    waits.sort()
    return waits[int(USUALLY * (len(waits) - 1))]
