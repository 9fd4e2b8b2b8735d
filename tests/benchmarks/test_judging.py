"""Judging a detector by labelled deploys: what is true, and what comes of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.judging import figures, tables
from benchmarks.judging.truth import MISSING, by_the_hour, series, truth_at

MEASURES = {
    "fa100_any": [6.1, 4.6, 7.7],
    "precision@18": [0.96, 0.94, 0.97],
    "recall@18": [0.83, 0.80, 0.87],
    "f1@6": [0.80, 0.79, 0.81],
    "f1@18": [0.89, 0.87, 0.91],
    "f1@30": [0.91, 0.89, 0.92],
    "detected_by_60": [0.91, 0.89, 0.93],
    "f1_improved@30": [math.nan, math.nan, math.nan],
    "severity_rho@18": [0.90, 0.88, 0.92],
    "cpu_ms_p95": [9.1, 9.1, 9.1],
}
FAMILIES = {"drift": {"f1@18": [0.9, 0.8, 1.0]}, "mixed": {"f1@18": [0.7, 0.5, 0.8]}}
NO_CASES = {"gaps": {"f1@18": [math.nan] * 3}}


def rows() -> dict[str, list[str]]:
    head, *found = tables.goals(tables.with_worst(MEASURES, FAMILIES | NO_CASES))
    assert head[0] == "measure"
    return {row[0]: row[1:] for row in found}


def test_each_measure_stands_beside_what_is_asked_for() -> None:
    found = rows()
    assert len(found) == 11
    assert found[tables.FALSE_ALARMS] == [
        "33.8", "<= 7.5", "met", "<= 5.0", "in interval", "6.1", "4.6 to 7.7",
    ]  # fmt: skip


def test_what_falls_short_by_more_than_chance_is_called_missed() -> None:
    assert rows()["F1@6"][2] == "missed"


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert rows()["F1 improved@30"] == ["0.08", ">= 0.85", "-", ">= 0.92", "-", "-", "-"]


def test_the_worst_family_is_the_worst_of_those_that_have_cases() -> None:
    assert rows()["worst family's F1@18"][-2:] == ["0.70", "0.50 to 0.80"]


def test_a_measure_without_an_interval_shows_none() -> None:
    assert rows()["CPU a verdict, p95, ms"][-2:] == ["9.1", "-"]


def test_columns_stand_one_below_the_other() -> None:
    assert tables.laid_out([["a", "bb"], ["ccc", "d"]]) == "a    bb\nccc  d"


def test_a_sensitivity_shows_its_false_alarms_and_times_to_detect() -> None:
    fine = {"overall": MEASURES, "delays": {"50": 6.0, "90": None}}
    row = tables.sensitivities({"fine": fine})[1]
    assert row[:5] == ["fine", "6.1", "4.6 to 7.7", "6 min", "not within 60 min"]


def test_each_variant_of_the_method_has_a_row() -> None:
    found = tables.ablation({"whole": MEASURES, "without masks": MEASURES})
    assert [row[0] for row in found] == ["variant", "whole", "without masks"]


FACTS = [
    {"label": "regressed", "shape": "step", "end": 4},
    {"label": "regressed", "shape": "step", "end": 4},
    {"label": "improved", "shape": "step", "end": 4},
    {"label": "none", "shape": "", "end": 0},
]
WITHOUT = np.full((4, 4), 2.0)
WITH = np.array([[2, 4, 4, 4], [2.1, 2.1, 2.1, 2.1], [0, 0, 0, 0], [2, 2, 2, 2]], float)
LOOKS = np.tile([1, 3], (4, 1))
SEEN = np.ones((4, 4), bool)


def test_a_regression_is_to_be_seen_once_it_brought_some_errors() -> None:
    truth = truth_at(FACTS, (WITHOUT, WITH), SEEN, LOOKS)
    assert truth.is_worse.tolist() == [[False, True], [False] * 2, [False] * 2, [False] * 2]
    assert truth.is_unsettled.tolist() == [[True, False], [True] * 2, [False] * 2, [False] * 2]


def test_an_improvement_is_to_be_seen_once_some_errors_stayed_away() -> None:
    truth = truth_at(FACTS, (WITHOUT, WITH), SEEN, LOOKS)
    assert truth.is_better[2].tolist() == [False, True]


def test_minutes_that_are_unknown_show_no_effect() -> None:
    truth = truth_at(FACTS, (WITHOUT, WITH), np.zeros((4, 4), bool), LOOKS)
    assert not truth.is_worse.any()


def test_a_regression_that_has_passed_need_not_be_seen_for_ever() -> None:
    facts = [{"label": "regressed", "shape": "spike", "end": 3}]
    rates = np.ones((1, 20)), np.full((1, 20), 5.0)
    truth = truth_at(facts, rates, np.ones((1, 20), bool), np.array([[9, 10]]))
    assert truth.is_worse.tolist() == [[True, False]]


def test_recall_precision_and_false_alarms_are_counted() -> None:
    truth = truth_at(FACTS, (WITHOUT, WITH), SEEN, LOOKS)
    state = np.array([[0, 2], [0, 1], [0, -1], [0, 1]], np.int8)
    found = figures.at_look(truth, state, 1)
    assert found["recall"][0] == 1
    assert found["precision"][0] == 0.5
    assert found["false_alarms"][0] == 100
    assert found["improved"][0] == 1


def test_found_regressions_are_told_by_their_course() -> None:
    truth = truth_at(FACTS, (WITHOUT, WITH), SEEN, LOOKS)
    state = np.array([[0, 2], [0, 0], [0, 0], [0, 0]], np.int8)
    assert figures.recall_by_course(truth, state, 1)["step"][0] == 1


def test_a_harmless_deploy_counts_once_however_often_it_is_flagged() -> None:
    truth = truth_at(FACTS, (WITHOUT, WITH), SEEN, LOOKS)
    assert figures.ever_flagged(truth, np.ones((4, 2), np.int8))[0] == 100


def test_a_figure_lies_in_its_interval() -> None:
    weight = figures.weights(50)
    value, low, high = figures.figure(weight @ (np.arange(50) < 20), weight @ np.ones(50))
    assert low < value == 0.4 < high


@pytest.mark.parametrize(("share", "minutes"), [(0.5, 4), (0.75, 10), (0.9, None)])
def test_the_time_to_detect_counts_what_is_never_found(share: float, minutes: float) -> None:
    hit = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]], bool)
    assert figures.quantile_of_delays(hit, (2, 4, 10), share) == minutes


def test_a_missing_minute_is_unknown() -> None:
    one = series(np.array([3, MISSING], np.uint16), {"t0": 600, "H": 1, "deploys": [0]})
    assert np.isnan(one.counts[1])
    assert (one.deployed_at, one.deploys.tolist()) == (660, [600])


def test_a_detector_sees_only_what_is_over() -> None:
    one = series(np.arange(9, dtype=np.uint16), {"t0": 600, "H": 1, "deploys": []})
    times, counts = one.until(720, 60)
    assert times.tolist() == [600, 660]
    assert counts.tolist() == [0, 1]


def test_hours_are_whole_hours_of_the_clock() -> None:
    facts = {"t0": 3600 - 120, "H": 1, "deploys": []}
    hours = by_the_hour(series(np.ones(2 + 60 + 60 + 5, np.uint16), facts))
    assert hours.times.tolist() == [3600, 7200]
    assert hours.counts.tolist() == [60, 60]


def test_an_hour_with_a_gap_is_unknown() -> None:
    counts = np.ones(120, np.uint16)
    counts[70] = MISSING
    hours = by_the_hour(series(counts, {"t0": 7200, "H": 1, "deploys": []}))
    assert hours.counts[0] == 60
    assert np.isnan(hours.counts[1])
