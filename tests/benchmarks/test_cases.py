"""The labelled deploys that a detector is judged by."""

from __future__ import annotations

import lzma
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cases import packing, real
from benchmarks.cases.draw import MISSING, SYNTHETIC, Case
from benchmarks.cases.many import Draw, drawn, label_of

FEW = Draw("dev", "dev", seed=3, cases=14)


@pytest.fixture(scope="module")
def few() -> list[Case]:
    return list(drawn(FEW))


def test_a_seed_draws_the_same_cases_again(few: list[Case]) -> None:
    for first, again in zip(few, drawn(replace(FEW, cases=5)), strict=False):
        assert first.meta == again.meta
        assert np.array_equal(first.counts, again.counts)


def test_another_seed_draws_other_cases(few: list[Case]) -> None:
    assert not np.array_equal(few[0].counts, next(drawn(replace(FEW, seed=4))).counts)


def test_families_come_in_turns(few: list[Case]) -> None:
    families = [case.meta["family"] for case in few]
    assert families == [*SYNTHETIC, *SYNTHETIC[:2]]


def test_a_case_holds_whole_days_before_the_deploy_and_an_hour_after_it(few: list[Case]) -> None:
    for case in few:
        assert case.meta["H"] in (7 * 1440, 28 * 1440)
        assert len(case.counts) == case.meta["n"] == case.meta["H"] + 60
        assert case.without.shape == case.with_effect.shape == (60,)
        assert case.counts.min() >= 0
        assert case.counts.max() <= MISSING


def test_earlier_deploys_lie_before_the_judged_one(few: list[Case]) -> None:
    for case in few:
        assert case.meta["deploys"] == sorted(case.meta["deploys"])
        assert all(0 <= at < case.meta["H"] for at in case.meta["deploys"])


def test_only_the_labelled_effect_parts_the_rates(few: list[Case]) -> None:
    for case in few:
        more = case.with_effect - case.without
        if case.meta["label"] == "regressed":
            assert more.max() > 0
            assert more.min() >= 0
        elif case.meta["label"] == "improved":
            assert more.min() < 0
        elif not case.meta["immaterial"]:
            assert not more.any()


def test_a_day_may_follow_the_deploy() -> None:
    case = next(drawn(Draw("long", "long", seed=3, cases=1, after=1500)))
    assert len(case.counts) == case.meta["H"] + 1500
    assert case.with_effect.shape == (1500,)


def test_labels_come_in_the_shares_of_the_benchmark() -> None:
    labels = Counter(label_of("drift", turn, 5) for turn in range(1000))
    assert 360 <= labels["regressed"] <= 380
    assert 135 <= labels["improved"] <= 155


def test_what_hardly_ever_fails_never_improves() -> None:
    assert "improved" not in {label_of("zero_sparse", turn, 0) for turn in range(200)}


def test_counts_lie_in_files_as_high_bytes_and_low_bytes() -> None:
    packed = packing.pack([np.array([1, 258]), np.array([MISSING])])
    assert lzma.decompress(packed) == bytes([0, 1, 255, 1, 2, 255])


def test_packed_counts_are_unpacked_case_by_case() -> None:
    counts = [np.array([1, 258, 0]), np.array([MISSING, 7])]
    found = packing.unpack(packing.pack(counts), [3, 2])
    assert [each.tolist() for each in found] == [[1, 258, 0], [MISSING, 7]]


def test_rates_are_read_as_written(tmp_path: Path) -> None:
    without = np.arange(6.0).reshape(2, 3)
    packing.write_rates(tmp_path / "dev.oracle.npz", without, without + 1)
    read, with_effect = packing.read_rates(tmp_path / "dev.oracle.npz")
    assert np.array_equal(read, without)
    assert np.array_equal(with_effect, without + 1)


def test_a_public_series_gets_a_value_for_each_minute(tmp_path: Path) -> None:
    path = tmp_path / "series.csv"
    path.write_text(
        "timestamp,value\n2014-02-14 00:05:00,20\n2014-02-14 00:00:00,10\n2014-02-14 00:05:00,90\n"
    )
    first, values = real.minutes_of(path)
    assert first == 1_392_336_000 // 60
    assert values.tolist() == [10, 12, 14, 16, 18, 20]
