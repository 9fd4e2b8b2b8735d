"""When a verdict may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sleuth.health.detector.settings import DEFAULT, Settings

if TYPE_CHECKING:
    from sleuth.health.detector.series import Floats, Integers

PATIENT_BUCKETS = 3


@dataclass(frozen=True, slots=True)
class Look:
    """The look that a verdict is made at.

    Args:
        begin: Epoch seconds of the first bucket after the deploy.
        minutes: Minutes of data; None if there is nothing to look at.
        is_final: Whether no later look will come.
        reason: Why there is nothing to look at.
    """

    begin: int
    minutes: int | None
    is_final: bool
    reason: str = ""


def looks_for(step_seconds: int, settings: Settings = DEFAULT) -> tuple[int, ...]:
    """Return the minutes of data after which a verdict is made: whole buckets, one at least.

    Of a tracker that counts by the hour the first look comes with the first whole hour.

    Args:
        step_seconds: Width of a bucket.
    """
    whole = {-(-look * 60 // step_seconds) * step_seconds // 60 for look in settings.looks}
    return tuple(sorted(whole))


def next_bucket(moment: int, step_seconds: int) -> int:
    """Return the start of the first bucket that is not before a moment, in epoch seconds."""
    return -(-moment // step_seconds) * step_seconds


def look_at(
    times: Integers,
    values: Floats,
    deployed_at: int,
    now: int,
    until: int | None,
    step: int,
    settings: Settings,
) -> Look:
    """Return the last look whose minutes are there, or should be by now.

    A window that the next deploy ended before the first look, or that is waited for no
    longer, is looked at with what it has.
    """
    looks = looks_for(step, settings)
    begin = next_bucket(deployed_at, step)
    if until is not None and begin + step > until:
        return Look(begin, None, is_final=True, reason="replaced")
    end = min(now, begin + looks[-1] * 60, *([] if until is None else [until]))
    whole = max(0, (min(end, _known_until(times, values, now, step, settings)) - begin) // step)
    minutes = whole * step // 60
    reached = [look for look in looks if look <= minutes]
    is_given_up = now - deployed_at > max(settings.patience_seconds, PATIENT_BUCKETS * step)
    is_ended = until is not None and begin + (whole + 1) * step > until
    is_final = is_given_up or is_ended or bool(reached and reached[-1] == looks[-1])
    if not reached and not (minutes and is_final):
        return Look(begin, None, is_final, "gap" if is_final else "pending")
    return Look(begin, reached[-1] if reached else minutes, is_final)


def _known_until(times: Integers, values: Floats, now: int, step: int, settings: Settings) -> int:
    """Return where the known part ends, or where it should have ended by now."""
    known = times[values == values]
    settled = now - step - settings.settling_seconds
    return max(int(known[-1]) + step, settled) if known.size else settled


def number_of_look(look: Look, step: int, settings: Settings) -> int:
    """Return which of the settings' looks has last been reached, counted from 0."""
    minutes = look.minutes or 0
    reached = [number for number, each in enumerate(settings.looks) if each <= minutes]
    return reached[-1] if reached else 0


def later_looks(look: Look, step: int, settings: Settings) -> tuple[int, ...]:
    """Return this look and those to come, in minutes of data."""
    return tuple(each for each in looks_for(step, settings) if each >= (look.minutes or 0))
