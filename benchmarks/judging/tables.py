"""The tables that are printed, made of the measures of the scorer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Measures = Mapping[str, Sequence[float]]
NOTHING = "-"


@dataclass(frozen=True)
class Goal:
    """What a measure shall reach.

    Args:
        name: As it is printed.
        key: The scorer's name of it.
        documented: What the documented rule reaches; None where that was not measured.
        required, ambition: Bounds.
        is_low_good: Whether the bounds are upper ones.
        digits: After the point.
    """

    name: str
    key: str
    documented: float | None
    required: float
    ambition: float
    is_low_good: bool = False
    digits: int = 2

    def mark(self, bound: float, figure: Sequence[float]) -> str:
        """Say whether a figure, given with its interval, reaches a bound."""
        value, low, high = figure
        if math.isnan(value):
            return NOTHING
        if value <= bound if self.is_low_good else value >= bound:
            return "met"
        near = low <= bound if self.is_low_good else high >= bound
        return "in interval" if near else "missed"

    def bound(self, value: float) -> str:
        """Return a bound as text."""
        return f"{'<=' if self.is_low_good else '>='} {value:.{self.digits}f}"


WORST = "worst_family_f1@18"
FALSE_ALARMS = "harmless deploys flagged at any of 7 looks, per 100"
GOALS = (
    Goal(FALSE_ALARMS, "fa100_any", 33.8, 7.5, 5.0, is_low_good=True, digits=1),
    Goal("precision@18", "precision@18", 0.78, 0.95, 0.96),
    Goal("recall@18", "recall@18", 0.74, 0.80, 0.86),
    Goal("F1@6", "f1@6", 0.51, 0.82, 0.85),
    Goal("F1@18", "f1@18", 0.76, 0.87, 0.91),
    Goal("F1@30", "f1@30", 0.77, 0.89, 0.93),
    Goal("found by +60", "detected_by_60", 0.82, 0.91, 0.94),
    Goal("F1 improved@30", "f1_improved@30", 0.08, 0.85, 0.92),
    Goal("severity (Spearman)@18", "severity_rho@18", 0.68, 0.91, 0.92),
    Goal("worst family's F1@18", WORST, 0.57, 0.74, 0.82),
    Goal("CPU a verdict, p95, ms", "cpu_ms_p95", None, 20, 10, is_low_good=True, digits=1),
)
FAMILY_KEYS = ("n", "fa100_any", "precision@18", "recall@18", "f1@6", "f1@18", "f1@30")
ABLATION_KEYS = (*FAMILY_KEYS[1:], "detected_by_60", "f1_improved@30", WORST, "cpu_ms_p95")
HEADS = {
    "fa100_any": "alarms/100",
    "f1@6": "F1@6",
    "f1@18": "F1@18",
    "f1@30": "F1@30",
    "n": "cases",
    "detected_by_60": "by +60",
    "f1_improved@30": "improved@30",
    WORST: "worst F1@18",
    "cpu_ms_p95": "ms p95",
}


def with_worst(overall: Measures, families: Mapping[str, Measures]) -> dict[str, Sequence[float]]:
    """Return the measures with those of the worst family among them."""
    known = [each["f1@18"] for each in families.values() if not math.isnan(each["f1@18"][0])]
    worst = min(known, key=lambda figure: figure[0], default=[math.nan] * 3)
    return {**overall, WORST: worst}


def goals(measures: Measures) -> list[list[str]]:
    """Return the rows that set what is reached beside what is asked for."""
    head = ["measure", "documented", "required", "", "ambition", "", "reached", "95 % interval"]
    return [head, *(goal_row(goal, measures) for goal in GOALS)]


def goal_row(goal: Goal, measures: Measures) -> list[str]:
    """Return one measure's row."""
    reached = measures.get(goal.key, [math.nan] * 3)  # too few cases for some
    documented = NOTHING if goal.documented is None else f"{goal.documented:.{goal.digits}f}"
    return [
        goal.name,
        documented,
        goal.bound(goal.required),
        goal.mark(goal.required, reached),
        goal.bound(goal.ambition),
        goal.mark(goal.ambition, reached),
        number(reached[0], goal.digits),
        interval(reached, goal.digits),
    ]


def families(found: Mapping[str, Measures]) -> list[list[str]]:
    """Return a row of measures for each family of backgrounds."""
    return [
        ["family", *heads(FAMILY_KEYS)],
        *([name, *cells(each, FAMILY_KEYS)] for name, each in found.items()),
    ]


def ablation(variants: Mapping[str, Measures]) -> list[list[str]]:
    """Return a row of measures for each variant of the method."""
    return [
        ["variant", *heads(ABLATION_KEYS)],
        *([name, *cells(each, ABLATION_KEYS)] for name, each in variants.items()),
    ]


def sensitivities(found: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return a row for each sensitivity: false alarms, and how soon regressions are found."""
    head = ["sensitivity", "alarms/100", "95 % interval", "half found after", "90 % found after"]
    rows = [[*head, "by +60", "precision@18", "recall@18"]]
    for name, each in found.items():
        overall, alarms = each["overall"], each["overall"]["fa100_any"]
        after = [minutes(each["delays"][share]) for share in ("50", "90")]
        row = [name, number(alarms[0], 1), interval(alarms, 1), *after]
        rows.append([*row, *cells(overall, ("detected_by_60", "precision@18", "recall@18"))])
    return rows


def long_looks(made: Mapping[str, Any]) -> list[list[str]]:
    """Return a row of measures for each look of a day."""
    keys = ("recall", "precision", "f1", "improved", "false_alarms")
    rows = [["look", "recall", "precision", "F1", "F1 improved", "alarms/100"]]
    for look, measures in made["looks"].items():
        rows.append([f"+{look} min", *(spread(measures[key], key) for key in keys)])
    rows.append(["any look", "", "", "", "", spread(made["ever"], "false_alarms")])
    return rows


def courses(made: Mapping[str, Any]) -> list[list[str]]:
    """Return a row for each course of an effect: how many are found at the last look."""
    found = made["courses"].items()
    return [["course", "recall at last"], *([name, spread(each, "recall")] for name, each in found)]


def heads(keys: Sequence[str]) -> list[str]:
    """Return the titles of columns."""
    return [HEADS.get(key, key) for key in keys]


def cells(measures: Measures, keys: Sequence[str]) -> list[str]:
    """Return figures without their intervals."""
    return [number(measures[key][0], digits(key)) if key in measures else NOTHING for key in keys]


def digits(key: str) -> int:
    """Return how many digits a measure deserves."""
    return {"n": 0, "fa100_any": 1, "false_alarms": 1, "cpu_ms_p95": 1}.get(key, 2)


def number(value: float, places: int) -> str:
    """Return a figure as text."""
    return NOTHING if math.isnan(value) else f"{value:.{places}f}"


def interval(figure: Sequence[float], places: int) -> str:
    """Return the interval of a figure as text; nothing where there is none."""
    value, low, high = figure
    return NOTHING if math.isnan(value) or low == high else f"{low:.{places}f} to {high:.{places}f}"


def spread(figure: Sequence[float], key: str) -> str:
    """Return a figure with its interval as text."""
    places = digits(key)
    return f"{number(figure[0], places)} ({interval(figure, places)})"


def minutes(value: float | None) -> str:
    """Return a time as text."""
    return "not within 60 min" if value is None else f"{value:.0f} min"


def laid_out(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines with columns one below the other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
