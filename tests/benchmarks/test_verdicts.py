"""The command that judges the detector, and how it hands the detector to the scorer."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import verdicts, verdicts_detector
from benchmarks.judging import bench
from sleuth.health.detector import DEFAULT, SENSITIVITIES, Assessment, Settings
from tests.benchmarks.test_judging import FAMILIES, MEASURES

DAYS = 8
DEPLOY = 1_770_000_000 // 60 * 60


def answer(after: int) -> dict[str, Any]:
    """Let the detector judge 18 minutes of a steady team, so many errors in each."""
    size = DAYS * 1440
    past = np.random.default_rng(1).poisson(5, size)
    times = DEPLOY + 60 * np.arange(-size, 18)
    counts = np.concatenate([past, np.full(18, after)]).astype(float)
    return verdicts_detector.detect(times, counts, DEPLOY, DEPLOY + 18 * 60, np.array([], int))


def test_a_large_rise_is_a_state_that_the_scorer_knows() -> None:
    found = answer(60)
    assert found["state"] == "Unhealthy"
    assert found["score"] > 0


def test_a_large_fall_has_a_low_score() -> None:
    found = answer(0)
    assert found["state"] == "Improved"
    assert found["score"] < 0


def test_a_score_in_the_details_goes_first() -> None:
    made = Assessment("ailing", "rise", True, ratio=2.0, evidence=3.0, details={"score": 7})
    assert verdicts_detector.score(made) == 7


def test_where_nothing_can_be_said_there_is_no_score() -> None:
    assert verdicts_detector.score(Assessment("unknown", "gap", True)) is None


def at_once(settings: Settings) -> Settings:
    """Return settings by which a minute that is not there by its end is a gap."""
    return replace(settings, settling_seconds=-60)


def test_the_sensitivity_is_normal_unless_it_is_named() -> None:
    assert verdicts_detector.settings_from("") == at_once(DEFAULT)
    found = verdicts_detector.settings_from('{"sensitivity": "fine"}')
    assert found == at_once(SENSITIVITIES["fine"])


@dataclass(frozen=True)
class Switched:
    """Settings with parts that can be left out."""

    use_masks: bool = True
    use_forecast: bool = True
    user: str = ""
    settling_seconds: int = -60


def test_every_part_that_can_be_left_out_is_a_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts_detector, "Settings", Switched)
    assert verdicts_detector.switches() == ["use_masks", "use_forecast"]


def test_a_switch_is_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts_detector, "SENSITIVITIES", {"normal": Switched()})
    found = verdicts_detector.settings_from('{"off": ["use_masks"]}')
    assert found == Switched(use_masks=False)


def test_without_the_folder_there_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdicts.main(["--detbench", str(tmp_path / "nowhere")]) == 2
    expected = f"There is no benchmark in {tmp_path / 'nowhere'}: score.py is missing.\n"
    assert capsys.readouterr() == ("", expected)


def scorer(folder: Path, *, split: str = "") -> Path:
    """Make a benchmark's folder, with cases of a split if one is named."""
    (folder / "data").mkdir(parents=True)
    for name in bench.SCORER:
        (folder / name).touch()
    for name in ("meta.parquet", "counts.xz", "oracle.npz"):
        if split:
            (folder / "data" / f"{split}.{name}").touch()
    return folder


Commands = list[list[str]]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Note the commands that would draw or halve cases."""
    made: Commands = []

    def run(python: Path, arguments: list[str | Path]) -> None:
        made.append([str(each) for each in arguments])

    monkeypatch.setattr(bench, "run", run)
    return made


def prepared(wanted: bench.Wanted, room: Path) -> bench.Bench:
    (room / "drawn").mkdir()
    (room / "half").mkdir()
    return bench.prepare(wanted, Path("python"), room)


def test_cases_that_the_folder_holds_are_judged_where_they_are(
    tmp_path: Path, commands: Commands
) -> None:
    folder = scorer(tmp_path / "detbench", split="dev")
    found = prepared(bench.Wanted(folder), tmp_path)
    assert found.folder == folder
    assert found.sentence() == f"Judged are the cases named dev in {folder / 'data'}."
    assert commands == []


def test_cases_that_are_missing_are_drawn_and_that_is_said(
    tmp_path: Path, commands: Commands
) -> None:
    folder = scorer(tmp_path / "detbench")
    found = prepared(bench.Wanted(folder), tmp_path)
    assert (found.folder / "score.py").is_file()
    assert "do not exist: judged are cases of our own making" in found.sentence()
    assert commands[0][-4:] == ["--seed", "11", "--cases", "1005"]


def test_own_cases_can_be_asked_for(tmp_path: Path, commands: Commands) -> None:
    folder = scorer(tmp_path / "detbench", split="dev")
    found = prepared(bench.Wanted(folder, own=True, cases=40), tmp_path)
    assert "are left aside" in found.sentence()
    assert commands[0][-1] == "40"


def test_drawn_cases_are_found_again(tmp_path: Path, commands: Commands) -> None:
    kept = scorer(tmp_path / "kept", split="dev")
    prepared(bench.Wanted(scorer(tmp_path / "detbench"), drawn=kept), tmp_path)
    assert commands == []


def test_cases_for_long_looks_go_on_for_a_day(tmp_path: Path, commands: Commands) -> None:
    prepared(bench.Wanted(scorer(tmp_path / "detbench"), split="long"), tmp_path)
    assert commands[0][-2:] == ["--after", "1500"]


def test_half_of_the_cases_is_judged_elsewhere(tmp_path: Path, commands: Commands) -> None:
    folder = scorer(tmp_path / "detbench", split="dev")
    found = prepared(bench.Wanted(folder, half="report"), tmp_path)
    assert found.folder == tmp_path / "half"
    assert "half: report" in found.sentence()
    assert commands[0][-2:] == ["dev", "report"]


def pretend(python: Path, arguments: list[Any], variables: dict[str, str] | None = None) -> None:
    """Write what the scorer and the second look at its result would write."""
    if "--out" in arguments:
        out = arguments[arguments.index("--out") + 1]
        (out / "dev.ours.json").write_text(json.dumps({"overall": MEASURES, "families": None}))
    else:
        made = {"families": FAMILIES, "delays": {"50": 6.0, "90": 18.0}}
        arguments[-1].write_text(json.dumps(made))


@pytest.fixture
def detbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a folder whose scorer answers at once."""
    monkeypatch.setattr(verdicts, "python_with", lambda requirements: Path("python"))
    monkeypatch.setattr(verdicts, "run", pretend)
    monkeypatch.setattr(verdicts, "ask", lambda python, arguments: '["use_masks"]')
    return str(scorer(tmp_path / "detbench", split="dev"))


def test_the_table_is_printed(detbench: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verdicts.main(["--detbench", detbench]) == 0
    line = next(each for each in capsys.readouterr().out.splitlines() if "F1@18 " in each)
    assert line.split() == ["F1@18", "0.76", ">=", "0.87", "met", ">=", "0.91", "in",
                            "interval", "0.89", "0.87", "to", "0.91"]  # fmt: skip


def test_all_measures_are_written_where_asked(detbench: str, tmp_path: Path) -> None:
    verdicts.main(["--detbench", detbench, "--json", str(tmp_path / "out.json")])
    made = json.loads((tmp_path / "out.json").read_text())
    assert made["overall"]["worst_family_f1@18"][0] == 0.7
    assert made["sensitivity"] == "normal"


def test_sensitivities_are_compared(detbench: str, capsys: pytest.CaptureFixture[str]) -> None:
    verdicts.main(["--detbench", detbench, "--sensitivities"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[-3:]] == ["fine", "normal", "coarse"]


def test_each_part_is_left_out_once(detbench: str, capsys: pytest.CaptureFixture[str]) -> None:
    verdicts.main(["--detbench", detbench, "--ablate"])
    assert capsys.readouterr().out.splitlines()[-1].startswith("without masks")
