"""A plugin that has changed is loaded in a process of its own first, and that is remembered."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sleuth import clock
from sleuth.trackers import Registry, Trial, load, record, sources, trial, try_plugins

MISBEHAVING = Path(__file__).parent.parent / "dummies" / "misbehaving.py"
Settings = dict[str, Any]


@pytest.fixture(autouse=True)
def no_bundled_plugins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sources, "BUNDLED_DIR", tmp_path / "none")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data directory, and a folder of plugins with the one that misbehaves."""
    (tmp_path / "data").mkdir()
    (tmp_path / "own").mkdir()
    shutil.copy(MISBEHAVING, tmp_path / "own")
    return {"SLEUTH_DATA_DIR": str(tmp_path / "data"), "SLEUTH_PLUGINS_DIR": str(tmp_path / "own")}


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the plugins that are tried, instead of trying them."""
    names: list[str] = []

    def attempt(source: sources.Source, _config: Any) -> Trial:
        names.append(source.origin.name)
        return Trial(record.digest_of(source))

    monkeypatch.setattr("sleuth.trackers.loading.attempt", attempt)
    return names


@pytest.fixture
def start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Registry]:
    """Start the product with a request to the plugin: try, then load in this very process."""

    def begin(request: str) -> Registry:
        monkeypatch.setenv("SLEUTH_MISBEHAVE", request)
        trials = try_plugins(settings)
        return load(settings, trials)

    return begin


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ("exits at once", "It ended the process with status 3 while being imported."),
        ("exits as if all were well", "It ended the process with status 0 while being imported."),
        ("exits in a hook", "It ended the process with status 4 while being asked sleuth_tracker"),
        ("crashes", "It crashed the process (SIGSEGV) while being imported."),
        ("interrupts", "It raised KeyboardInterrupt, which would end the product."),
        ("never ends", "It registered something with atexit that keeps every process from ending."),
        ("takes 3 GB", "It took more than 2048 MB while being imported."),
        ("leaks a thread", "It left a thread running that keeps every process from ending: leak."),
    ],
)
def test_what_would_end_the_product_is_said_and_not_loaded(
    start: Callable[[str], Registry], request_: str, sentence: str
) -> None:
    registry = start(request_)
    (failure,) = registry.failures
    assert failure.error.startswith(sentence)
    assert registry.trackers == {}


def test_one_that_hangs_while_it_is_imported_is_given_up(
    start: Callable[[str], Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = trial.attempt
    monkeypatch.setattr(
        "sleuth.trackers.loading.attempt", lambda source, config: attempt(source, config, 3)
    )
    (failure,) = start("hangs").failures
    assert failure.error == "It hung for more than 3 s while being imported."


def test_a_thread_that_does_no_harm_is_pointed_out(start: Callable[[str], Registry]) -> None:
    tracker = start("leaks a daemon").trackers["misbehaving"]
    assert tracker.notes == ("It starts threads when it is imported: 1.",)


def test_an_ordinary_failure_is_told_by_the_load_itself(start: Callable[[str], Registry]) -> None:
    (failure,) = start("raises in a hook").failures
    assert failure.error.startswith("It raised RuntimeError: no info (misbehaving.py, line ")


# What is remembered


def test_a_plugin_that_was_seen_to_start_is_not_tried_again(
    settings: Settings, tried: list[str]
) -> None:
    try_plugins(settings)
    try_plugins(settings)
    load(settings)
    assert tried == ["misbehaving"]


@pytest.mark.parametrize("is_start", [True, False], ids=["a start", "another process"])
def test_a_plugin_that_has_changed_is_tried_again(
    settings: Settings, tried: list[str], is_start: bool
) -> None:
    try_plugins(settings)
    with (Path(settings["SLEUTH_PLUGINS_DIR"]) / "misbehaving.py").open("a") as file:
        file.write("# changed\n")
    if is_start:
        try_plugins(settings)
    else:
        load(settings)
        load(settings)
    assert tried == ["misbehaving", "misbehaving"]


def test_a_module_of_a_folder_is_one_of_its_files_and_its_environment_is_not(
    settings: Settings, tried: list[str]
) -> None:
    folder = Path(settings["SLEUTH_PLUGINS_DIR"]) / "deep"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    try_plugins(settings)
    (folder / "__pycache__" / "x.pyc").write_text("")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "pip.py").write_text("")
    (folder / ".notes").write_text("")
    try_plugins(settings)
    (folder / "client.py").write_text("")
    try_plugins(settings)
    assert tried.count("deep") == 2


def test_one_that_failed_is_tried_by_each_start_but_by_no_other_process_of_it(
    settings: Settings, tried: list[str]
) -> None:
    try_plugins(settings)
    remember_that_it_hung(settings)
    (failure,) = load(settings).failures
    assert failure.error == "It hung."
    assert tried == ["misbehaving"]
    try_plugins(settings)
    assert tried == ["misbehaving", "misbehaving"]


def test_what_did_harm_a_minute_ago_is_tried_again_by_any_process(
    settings: Settings, tried: list[str]
) -> None:
    try_plugins(settings)
    remember_that_it_hung(settings)
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        assert "misbehaving" in load(settings).trackers
    assert tried == ["misbehaving", "misbehaving"]


def remember_that_it_hung(settings: Settings) -> None:
    ((key, known),) = record.read(settings["SLEUTH_DATA_DIR"]).items()
    hung = Trial(known.digest, "It hung.", tried_at=clock.now().timestamp())
    record.add(settings["SLEUTH_DATA_DIR"], {key: hung})


@pytest.mark.parametrize(
    "setting",
    [{"SLEUTH_DISABLED_PLUGINS": ("misbehaving",)}, {"SLEUTH_SAFE_MODE": True}],
    ids=["disabled", "safe mode"],
)
def test_a_plugin_that_is_not_wanted_is_not_even_tried(
    settings: Settings, tried: list[str], setting: Settings
) -> None:
    assert try_plugins(settings | setting) == {}
    (skipped,) = load(settings | setting).skipped
    assert skipped.origin.name == "misbehaving"
    assert tried == []


def test_a_data_directory_that_cannot_be_written_hinders_no_start(
    settings: Settings, tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    trials = try_plugins(settings)
    assert "misbehaving" in load(settings, trials).trackers
    assert tried == ["misbehaving"]


def test_a_record_that_cannot_be_read_is_made_anew(settings: Settings, tried: list[str]) -> None:
    file = Path(settings["SLEUTH_DATA_DIR"], record.FILE)
    file.write_text("{broken")
    try_plugins(settings)
    try_plugins(settings)
    assert tried == ["misbehaving"]


@pytest.mark.parametrize("folder", ["data", "nowhere"], ids=["empty", "missing"])
def test_a_process_that_finds_nothing_remembered_tries_all_that_it_loads(
    settings: Settings, tried: list[str], tmp_path: Path, folder: str
) -> None:
    there = tmp_path / folder
    assert "misbehaving" in load(settings | {"SLEUTH_DATA_DIR": str(there)}).trackers
    assert tried == ["misbehaving"]
    assert (there / record.FILE).exists() == there.exists()


def test_tests_of_the_product_load_plugins_as_they_are(
    settings: Settings, tried: list[str]
) -> None:
    assert "misbehaving" in load(settings | {"TESTING": True}).trackers
    assert tried == []


def test_a_plugin_that_is_added_while_the_product_starts_waits_for_the_next_start(
    settings: Settings, tried: list[str]
) -> None:
    (failure,) = load(settings, {}).failures
    assert (
        failure.error == "It was added while Sleuth started, and has not been tried; start again."
    )


def test_what_two_processes_learn_at_once_is_all_remembered(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(32):
            pool.submit(record.add, str(tmp_path), {f"{number}": Trial("digest")})
    assert len(record.read(str(tmp_path))) == 32


def test_a_record_that_cannot_be_put_in_place_leaves_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    record.add(str(tmp_path), {"key": Trial("digest")})
    assert [each.name for each in tmp_path.iterdir()] == [record.LOCK]
