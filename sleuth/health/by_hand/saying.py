"""What the figures of a month say, in whole sentences."""

from __future__ import annotations

from sleuth.health.by_hand.comparing import Figures
from sleuth.health.by_hand.wilson import ENOUGH, Share

TOO_FEW = f"too few to tell (under {ENOUGH})"


def in_words(figures: Figures) -> str:
    """Return the month in sentences: what is stated, what placebos gave, what people answered."""
    parts = [f"Stated: about {figures.stated} in 100.", _placebo(figures), _answers(figures.wrong)]
    if figures.missed.total:
        parts.append(_missed(figures.missed))
    return " ".join(parts)


def verdict_on_us(figures: Figures) -> str:
    """Say whether what is stated is what placebos gave, "" while there are too few."""
    if not figures.placebo.is_enough:
        return ""
    low, high = figures.placebo.interval
    if figures.stated < low:
        return "More false alarms than stated."
    if figures.stated > high:
        return "Fewer false alarms than stated."
    return "What is stated lies within what placebo deploys gave."


def per_hundred(share: Share) -> str:
    """Return a share with its interval: "4 in 100 (2 to 8)"."""
    low, high = share.interval
    return f"{share.percent:.0f} in 100 ({low:.0f} to {high:.0f})"


def _placebo(figures: Figures) -> str:
    share = figures.placebo
    if not share.total:
        return "Placebo: none tried yet." if figures.is_running else "Placebo: none tried."
    if not share.is_enough:
        return f"Placebo: {share.hits} of {share.total} flagged, {TOO_FEW}."
    return f"Placebo: {per_hundred(share)}."


def _answers(share: Share) -> str:
    if not share.total:
        return "Answers: none about alarms."
    were = "was" if 1 in share else "were"
    alarms = "alarm" if share.total == 1 else "alarms"
    told = f"Answers: {share.hits} of {share.total} {alarms} {were} called wrong"
    return f"{told}." if share.is_enough else f"{told}, {TOO_FEW}."


def _missed(share: Share) -> str:
    were = "was" if 1 in share else "were"
    verdicts = "verdict" if share.total == 1 else "verdicts"
    told = f"Missed: {share.hits} of {share.total} calm {verdicts} {were} called too good"
    return f"{told}." if share.is_enough else f"{told}, {TOO_FEW}."
