"""Whatever an assessment holds, and whatever an old one lacks, the text can be read."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sleuth.health import words
from sleuth.health.explaining import Explanation, explain

HEALTHS = ("improved", "healthy", "ailing", "unhealthy", "unknown")
REASONS = (
    *words.REASONS,
    "new_errors",
    "rise",
    "fall",
    "usual",
    "trifle",
    "common",
    "above_threshold",
    "below_threshold",
)
NUMBER = r"(?<![\d.,\u202f\u2212])"
FORBIDDEN = {
    "no number": r"\b(inf|nan|None|infinite)\b|infinit",
    "a negative count": r"-\d|\u2212\d+ error",
    "minus nothing": r"-0|\u22120(\.0+)?(?![\d.])",
    "nothing as a share or factor": NUMBER + r"0(\.0+)? (%|times)",
    "two spaces": r"  | [.,;:)]|\( ",
    "one of many": NUMBER + r"1 (known )?(error|minute|hour|day|deploy|moment|kind)s\b",
    "many of one": r"(?<!\d)(?!1 )\d[\d\u202f]* (error|minute|hour|day|deploy|moment)\b",
    "an exponent": r"\de[+-]?\d",
    "a sentence that ends twice": r"\.\.|\. ,|;\.",
}

numbers = st.one_of(
    st.floats(0, 1e12, allow_nan=False), st.floats(0, 3), st.sampled_from([0.0, 1.0, 1e-9, 0.5])
)
counts = st.one_of(st.integers(0, 3), st.integers(0, 10**12))


@st.composite
def places(draw: st.DrawFn, step: int) -> dict[str, Any]:
    """Draw where a verdict lies, and what is drawn of it."""
    began_at = draw(st.integers(1_600_000_000, 2_000_000_000))
    return {
        "began_at": began_at,
        "ended_at": draw(st.none() | st.integers(began_at, began_at + 2 * 86_400)),
        "group_size": draw(st.integers(1, 3)),
        "window_minutes": draw(st.sampled_from([6, 18, 30])),
        "next_look": draw(st.sampled_from([None, step // 60, 1440])),
        "picture_start": began_at - 3600,
        "picture_step": step,
        "deploy_index": 60,
    }


@st.composite
def assessments(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an assessment that could be stored: ends in order, minutes in whole buckets."""
    step = draw(st.sampled_from([60, 300, 3600, 6 * 3600, 86_400]))
    buckets = draw(st.one_of(st.integers(0, 3), st.integers(0, max(1, 86_400 // step))))
    minutes = buckets * step // 60
    known = draw(st.integers(0, buckets)) * step // 60
    low, expected, high = sorted(draw(st.tuples(numbers, numbers, numbers)))
    observed = draw(counts)
    ratio_low, ratio, ratio_high = sorted(draw(st.tuples(numbers, numbers, numbers)))
    moments = draw(st.integers(0, 1000))
    figures = {
        "health": draw(st.sampled_from(HEALTHS)),
        "reason": draw(st.sampled_from(REASONS)),
        "is_final": draw(st.booleans()),
        "step_seconds": step,
        "minutes_of_data": minutes,
        "known_minutes": known,
        "observed": observed,
        "expected": expected,
        "expected_low": low,
        "expected_high": high,
        "ratio": ratio,
        "ratio_low": ratio_low,
        "ratio_high": ratio_high,
        "moments": moments,
        "moments_alike": draw(st.integers(0, moments)),
        "rarity": draw(st.floats(1e-12, 1)),
        "evidence": draw(st.floats(-12, 12)),
        "began_after_minutes": draw(
            st.none() | st.integers(0, buckets).map(lambda n: n * step // 60)
        ),
        "smallest_ratio": draw(st.none() | st.floats(1.05, 200)),
        "usual_per_minute": draw(numbers),
        "threefold_after_minutes": draw(st.sampled_from([None, step // 60, 1440])),
        "history_days": draw(st.floats(0, 28)),
        "is_short_history": draw(st.booleans()),
        "deploys_learnt_from": draw(st.integers(0, 40)),
        "threshold": draw(st.none() | numbers),
        "detected": draw(st.sampled_from(["", *HEALTHS])),
        "version": "3",
        "details": draw(details(moments)),
        "new_errors": draw(st.none() | new_errors()),
        **draw(places(step)),
    }
    lost = draw(st.sets(st.sampled_from(sorted(figures)), max_size=8))
    return {name: value for name, value in figures.items() if name not in lost}


@st.composite
def details(draw: st.DrawFn, moments: int) -> dict[str, Any]:
    held = {
        "free_moments": draw(st.integers(0, moments)),
        "weights": draw(st.lists(st.floats(-3, 3), min_size=1, max_size=6)),
        "shared_variance": draw(st.floats(0, 2)),
        "single_variance": draw(st.floats(0, 50)),
        "blip_share": draw(st.floats(0, 1)),
        "blip_minutes": draw(st.integers(0, 6)),
        "expected_of_jobs": draw(numbers),
        "effect_ratio": draw(numbers),
        "evidence_needed": draw(st.floats(0.5, 3)),
        "bin_minutes": draw(st.sampled_from([1, 2, 10, 60])),
    }
    lost = draw(st.sets(st.sampled_from(sorted(held)), max_size=4))
    return {name: value for name, value in held.items() if name not in lost}


def new_errors() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "count": st.integers(0, 200),
            "asked_until": st.integers(0, 2_000_000_000),
            "asked_minutes": st.integers(0, 1440),
            "usual_per_hour": st.floats(0, 100),
            "probability": st.floats(0, 1),
            "decided": st.booleans(),
        },
    )


def texts(told: Explanation) -> list[str]:
    sentences = [*told.sentences, *([told.outlook] if told.outlook else [])]
    return [*sentences, *(f"{each.name}: {each.value}" for each in told.statistics)]


def number(text: str) -> float:
    return float(text.replace("\u202f", "").removeprefix("less than "))


@settings(max_examples=200, deadline=None)
@given(assessments())
def test_any_assessment_reads_well(figures: dict[str, Any]) -> None:
    told = explain(figures)
    for text in texts(told):
        for what, pattern in FORBIDDEN.items():
            assert not re.search(pattern, text), f"{what}: {text}"
    for text in (*told.sentences, told.outlook):
        assert not text or re.fullmatch(r"[A-Z0-9].*\.", text), text


@settings(max_examples=200, deadline=None)
@given(assessments())
def test_ends_are_in_order(figures: dict[str, Any]) -> None:
    amount = r"((?:less than )?[\d.\u202f]+)"
    for text in texts(explain(figures)):
        for low, high in re.findall(rf"{amount} to {amount}", text):
            assert number(low) <= number(high), text


@settings(max_examples=200, deadline=None)
@given(assessments())
def test_what_came_lies_in_the_expected_range_only_if_it_does(figures: dict[str, Any]) -> None:
    found = re.search(
        r"; ([\d\u202f]+) to ([\d\u202f]+) were", " ".join(explain(figures).sentences)
    )
    if found:
        low, high = (number(each) for each in found.groups())
        seen = figures["observed"]
        is_fall = "improved" in {figures.get("health"), figures.get("detected")}
        least = figures["expected_low"] if is_fall or figures["expected_low"] >= 1 else 0
        if not least <= seen <= figures["expected_high"]:
            assert not low <= seen <= high


def test_no_error_is_less_than_expected_only_where_that_is_a_fall() -> None:
    figures = {"minutes_of_data": 18, "observed": 0, "expected": 1.5}
    figures |= {"expected_low": 0.085, "expected_high": 4.7}
    usual = {"health": "healthy", "reason": "usual"}
    told = explain({**figures, **usual}).sentences
    assert told[0].endswith("no error arrived; 0 to 4 were expected.")
    assert told[1] == "That is nothing unusual."
    few = {"health": "unknown", "reason": "too_few_errors"}
    assert "0 to 4 were expected" in explain({**figures, **few}).sentences[0]
    fall = {"health": "improved", "reason": "fall"}
    assert "1 to 4 were expected" in explain({**figures, **fall}).sentences[0]


def test_an_assessment_that_holds_nothing_says_so() -> None:
    assert explain({}).sentences == ("Nothing can be said of this deploy yet.",)


def test_of_a_verdict_that_tells_its_reason_alone_nothing_is_made_up() -> None:
    told = explain({"health": "ailing", "reason": "rise", "is_final": True})
    assert told == Explanation((), "", ())


def test_an_assessment_without_a_factor_does_not_say_that_hardly_any_come() -> None:
    figures = {"health": "unhealthy", "reason": "rise", "minutes_of_data": 18, "observed": 143}
    told = explain({**figures, "expected": 30.2}).sentences
    assert told == (
        "In the 18 minutes after this deploy 143 errors arrived; about 30 were expected.",
    )
    assert explain({**figures, "expected": 0.4}).sentences[1].startswith("Usually less than one")
