"""From evidence to a health."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sleuth.health.detector.assessment import Assessment
from sleuth.health.detector.evidence import After, Change, parts_of
from sleuth.health.detector.looks import Look, later_looks, number_of_look
from sleuth.health.detector.power import shows_after, smallest_ratio
from sleuth.health.detector.settings import Settings

DIGITS = 9
RAREST = 12.0
MOST_EVIDENCE = 12.0
"""Beyond that, it says less of the change than of how well the variance is known."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found after a deploy.

    Args:
        rise, fall: The evidence for either, had the missing minutes brought nothing.
        full_rise, full_fall: The same, had they brought the most that was to be expected.
    """

    look: Look
    after: After
    rise: Change
    fall: Change
    full_rise: Change
    full_fall: Change


def decide(made: Assessment, found: Findings, settings: Settings) -> Assessment:
    """Return the assessment with its health, and with what that rests on."""
    number = number_of_look(found.look, made.step_seconds, settings)
    needed = settings.rise_evidence[number]
    made = _with_evidence(made, found, needed, settings)
    if made.evidence is None or made.rarity is None:
        return made
    if _is_rise(found, needed, settings):
        return _risen(made, found, settings)
    known = made.known_minutes / made.minutes_of_data
    if known < settings.least_known:
        return replace(made, health="unknown", reason="gap")
    if _is_mixed(found, needed, settings):
        return replace(made, health="unknown", reason="mixed")
    if _is_fall(found, settings):
        began = _whole_minutes(found.full_fall.began)
        return replace(made, health="improved", reason="fall", began_after_minutes=began)
    return _unchanged(made, found, needed, settings)


def _with_evidence(
    made: Assessment, found: Findings, needed: float, settings: Settings
) -> Assessment:
    rise, fall, after = found.rise, found.full_fall, found.after
    change = rise if rise.evidence >= fall.evidence else fall
    return replace(
        made,
        evidence=min(change.evidence, MOST_EVIDENCE),
        rarity=float(f"{10 ** -min(change.rarity, RAREST):.6g}"),
        moments_alike=change.alike,
        smallest_ratio=smallest_ratio(
            after, needed, settings, is_doubted=_is_doubted(found, needed)
        ),
        details={
            **made.details,
            "score": round(min(rise.evidence, rise.rarity), DIGITS),
            "rise_evidence": rise.evidence,
            "fall_evidence": fall.evidence,
            "rise_rarity": round(rise.rarity, DIGITS),
            "fall_rarity": round(fall.rarity, DIGITS),
            "evidence_needed": needed,
            "rarity_needed": settings.rise_rarity,
            "effect_ratio": round(change.ratio, DIGITS),
            "bin_minutes": after.width,
            "bin_offsets": after.offsets.tolist(),
            "bin_counts": after.counts.tolist(),
            "bin_expected": np.round(after.expected, DIGITS).tolist(),
            "bin_expected_known": np.round(after.known, DIGITS).tolist(),
            "bin_most_missing": np.round(after.most, DIGITS).tolist(),
        },
    )


def _is_rise(found: Findings, evidence: float, settings: Settings) -> bool:
    is_rare = _reaches(found.rise.rarity, settings.rise_rarity) or not settings.use_moments
    return (
        _reaches(found.rise.evidence, evidence)
        and is_rare
        and found.rise.evidence > found.fall.evidence
        and _reaches(found.rise.ratio, settings.ailing_ratio)
        and _excess(found.after) >= settings.material_errors
    )


def _is_fall(found: Findings, settings: Settings) -> bool:
    fall, after = found.full_fall, found.after
    is_rare = _reaches(fall.rarity, settings.fall_rarity) or not settings.use_moments
    return (
        _reaches(fall.evidence, settings.fall_evidence)
        and is_rare
        and fall.evidence > found.full_rise.evidence
        and fall.ratio <= settings.improved_ratio
        and -_full_excess(after) >= settings.material_errors
    )


def _is_mixed(found: Findings, evidence: float, settings: Settings) -> bool:
    """Return whether errors rose for a part of the time, and fell for another."""
    rise, after = found.rise.evidence, found.after
    has_fallen = _reaches(found.full_fall.evidence, min(rise, settings.fall_evidence))
    is_made_up_for = _full_excess(after) < settings.material_errors <= _largest_excess(after)
    return _reaches(rise, evidence) and (has_fallen or is_made_up_for)


def _excess(after: After) -> float:
    return float(after.counts.sum() - after.expected.sum())


def _full_excess(after: After) -> float:
    """Return the excess, had the missing minutes brought the most that was to be expected."""
    return _excess(after) + float(after.most.sum())


def _largest_excess(after: After) -> float:
    """Return that of the part of the time that has the largest."""
    off = after.counts - after.expected
    return max(float(off[first:last].sum()) for first, last in parts_of(off.size, 1))


def _reaches(value: float, limit: float) -> bool:
    """Compare as on every platform: the last digits of a sum may differ."""
    return round(value, DIGITS) >= limit


def _risen(made: Assessment, found: Findings, settings: Settings) -> Assessment:
    is_large = _reaches(found.rise.ratio, settings.unhealthy_ratio)
    return replace(
        made,
        health="unhealthy" if is_large else "ailing",
        reason="rise",
        began_after_minutes=_whole_minutes(found.rise.began),
    )


def _whole_minutes(began: float) -> int:
    return int(round(began, 6) + 0.5)


def _unchanged(made: Assessment, found: Findings, needed: float, settings: Settings) -> Assessment:
    looks = later_looks(found.look, made.step_seconds, settings)
    rate = made.usual_per_minute or 0.0
    if not _would_have_shown(made, settings):
        if _is_doubted(found, needed):
            return replace(made, health="unknown", reason="restart")
        shows = shows_after(rate, settings.serious_ratio, found.after, settings, looks)
        return replace(
            made, health="unknown", reason="too_few_errors", threefold_after_minutes=shows
        )
    if not _reaches(found.rise.evidence, needed):
        return replace(made, health="healthy", reason="usual")
    is_outweighed = found.fall.evidence >= found.rise.evidence
    has_excess = _excess(found.after) >= settings.material_errors
    if found.after.most.any() and (is_outweighed or not has_excess):
        return replace(made, health="unknown", reason="gap")
    is_large = _reaches(found.rise.ratio, settings.ailing_ratio) and has_excess
    return replace(made, health="healthy", reason="common" if is_large else "trifle")


def _is_doubted(found: Findings, needed: float) -> bool:
    """Return whether there is a rise but for what a restart may explain."""
    return _reaches(found.rise.undoubted, needed) and not _reaches(found.rise.evidence, needed)


def _would_have_shown(made: Assessment, settings: Settings) -> bool:
    """Return whether silence means something: a serious rise would have been seen."""
    of_jobs = float(made.details["expected_of_jobs"])
    expected = max((made.expected or 0.0) - of_jobs, 1e-9)
    rise = settings.serious_rise_per_hour * made.known_minutes / 60
    serious = max(settings.serious_ratio, 1 + rise / expected)
    return made.smallest_ratio is not None and made.smallest_ratio <= serious
