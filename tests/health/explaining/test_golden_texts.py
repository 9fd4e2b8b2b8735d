"""Every health and reason, explained; the texts lie beside, to be read aloud when they change.

``SLEUTH_RENEW_GOLDEN=1 ./run test tests/health/explaining`` writes them anew: read the
difference before it is kept.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from sleuth.health import words
from sleuth.health.explaining import Explanation, explain
from sleuth.health.explaining.weights import lags as told_lags
from tests.health.explaining.cases import CASES

GOLDEN = Path(__file__).parent / "golden"
SLEUTH = Path(words.__file__).parent
IS_RENEWED = bool(os.environ.get("SLEUTH_RENEW_GOLDEN"))
KNOWN = {
    ("unhealthy", "rise"),
    ("ailing", "rise"),
    ("ailing", "new_errors"),
    ("improved", "fall"),
    ("healthy", "usual"),
    ("healthy", "trifle"),
    ("healthy", "common"),
    ("unhealthy", "above_threshold"),
    ("healthy", "below_threshold"),
}
UNKNOWN = {("unknown", reason) for reason in {*words.REASONS} - {"new_errors"}}
ENDS_OF_ITS_OWN = {"pending", "replaced", "no_source"}
"""Reasons that are never final, or always."""


def written(told: Explanation) -> str:
    """Return an explanation as it is kept: a sentence a line."""
    statistics = [f"{each.name}: {each.value}" for each in told.statistics]
    return "\n".join(
        [*told.sentences, "", told.outlook or "(nothing to come)", "", *statistics, ""]
    )


@pytest.mark.parametrize("name", CASES)
def test_a_verdict_is_explained_as_was_read_aloud(name: str) -> None:
    path = GOLDEN / f"{name}.txt"
    text = written(explain(CASES[name]()))
    if IS_RENEWED:
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"No golden text: {__doc__}"
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_what_its_name_says(name: str) -> None:
    reason, health, *rest = name.split(".")
    figures = CASES[name]()
    assert (figures["health"], figures["reason"]) == (health, reason)
    assert figures["is_final"] if rest == ["final"] else True
    assert not figures["is_final"] if rest == ["preliminary"] else True


@pytest.mark.parametrize("name", CASES)
def test_a_case_does_not_contradict_itself(name: str) -> None:
    figures = CASES[name]()
    seen, expected, ratio = (figures.get(each) for each in ("observed", "expected", "ratio"))
    if ratio is not None:
        assert (seen + 0.5) / (expected + 0.5) == pytest.approx(ratio, rel=0.001)
    alike, moments, rarity = (figures.get(each) for each in ("moments_alike", "moments", "rarity"))
    if rarity is not None:
        assert alike / moments == pytest.approx(rarity, rel=0.3, abs=0.02)
    if figures["reason"] == "common":
        assert alike > 0
    if figures["reason"] == "rise":
        assert figures["evidence"] >= figures["details"]["evidence_needed"]
    if figures["reason"] == "too_few_errors":
        assert (figures.get("smallest_ratio") or 3) >= 3
    if found := figures.get("new_errors"):
        assert found["decided"] == (figures["reason"] == "new_errors")
        assert (found["count"] == 0) == (found["probability"] == 1)


def test_every_health_and_reason_has_a_text_early_and_at_the_end() -> None:
    found = {tuple(name.split(".")) for name in CASES}
    for health, reason in KNOWN | UNKNOWN:
        ends = {end for told, of, end in found if (of, told) == (health, reason)}
        assert ends, f"{health}, {reason} has no golden text"
        if reason not in ENDS_OF_ITS_OWN:
            assert {"preliminary", "final"} <= ends, f"{health}, {reason}: only {ends}"


def test_every_reason_that_the_detector_gives_has_a_text() -> None:
    sources = [*(SLEUTH / "detector").glob("*.py"), SLEUTH / "judging.py"]
    given = {
        reason
        for path in sources
        for called in re.findall(r"reason=([^)\n]*)", path.read_text(encoding="utf-8"))
        for reason in re.findall(r'"(\w+)"', called)
    }
    assert {"rise", "usual", "gap", "above_threshold"} <= given
    assert given <= {reason for _health, reason in KNOWN | UNKNOWN}


def test_no_golden_text_is_left_of_a_case_that_went() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(CASES)


@pytest.mark.parametrize("step", [60, 300, 900, 3600, 6 * 3600, 86_400])
def test_the_times_that_weights_are_told_of_are_those_of_the_detector(step: int) -> None:
    from sleuth.health.detector.windows import lags

    assert told_lags(step) == [each * step // 60 for each in lags(step)]


def test_every_statistic_has_a_sentence_of_help() -> None:
    told = explain(CASES["rise.unhealthy.preliminary"]()).statistics
    assert len(told) > 10
    assert all(each.help.endswith(".") for each in told)
