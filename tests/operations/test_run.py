"""The ./run script: readable by any Python 3, clear when it refuses, quick the second time."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

from sleuth.config import ROOT

SCRIPT = ROOT / "run"


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """The script as a module, for a checkout in a temporary folder."""
    loader = SourceFileLoader("run_script", str(SCRIPT))
    spec = importlib.util.spec_from_loader("run_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    venv = tmp_path / ".venv"
    module.ROOT, module.VENV = str(tmp_path), str(venv)
    module.PYTHON, module.STAMP = str(venv / "bin" / "python"), str(venv / "installed.json")
    for name in (module.RUNTIME_LOCK, module.QUEUE_LOCK, module.TEST_LOCK):
        (tmp_path / name).write_text(f"packages of {name}\n")
    return module


@pytest.fixture
def installed(run: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the locks that were installed; no network is touched."""
    names: list[str] = []

    def create_venv() -> None:
        python = Path(run.PYTHON)
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)

    def pip(arguments: list[str], _complaint: str) -> None:
        names.append(Path(arguments[-1]).name)

    monkeypatch.setattr(run, "create_venv", create_venv)
    monkeypatch.setattr(run, "pip", pip)
    return names


def call(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        check=False,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
    )


def test_its_syntax_is_that_of_the_oldest_python_it_refuses() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))


def test_it_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(SCRIPT.read_text())
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import)
                for name in node.names}  # fmt: skip
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


def test_help_is_the_text_at_its_top() -> None:
    ended = call("help")
    assert ended.returncode == 0
    assert ended.stdout.strip() == ast.get_docstring(ast.parse(SCRIPT.read_text()))


def test_help_names_every_command(run: Any) -> None:
    documented = re.findall(r"^  \./run ([a-z]+)", run.__doc__, re.MULTILINE)
    assert sorted(documented) == sorted([*run.COMMANDS, "help"])


def test_a_command_that_does_not_exist_is_one_sentence() -> None:
    ended = call("strat")
    assert ended.returncode == 1
    assert ended.stderr == (
        "Sleuth cannot start: There is no command 'strat'; ./run help lists them.\n"
    )


def test_an_old_python_is_told_which_newer_one_is_there(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.shutil, "which", lambda name: name == "python3.12")
    with pytest.raises(run.StartError) as refused:
        run.refuse_old_python((3, 9, 2))
    assert str(refused.value) == (
        "Sleuth needs Python 3.11 or newer, and this is 3.9; start it with: python3.12 run."
    )


def test_an_old_python_alone_is_told_to_get_a_newer_one(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.shutil, "which", lambda _name: None)
    with pytest.raises(run.StartError, match=r"and this is 3\.6; please install a newer one\."):
        run.refuse_old_python((3, 6))


def test_this_python_is_new_enough(run: Any) -> None:
    run.refuse_old_python(sys.version_info)


def test_what_is_installed_is_not_installed_again(run: Any, installed: list[str]) -> None:
    for _ in range(2):
        run.install([run.RUNTIME_LOCK, run.QUEUE_LOCK])
    assert installed == [run.RUNTIME_LOCK, run.QUEUE_LOCK]


def test_a_lock_that_changed_is_installed_again(
    run: Any, installed: list[str], tmp_path: Path
) -> None:
    run.install([run.RUNTIME_LOCK])
    (tmp_path / run.RUNTIME_LOCK).write_text("newer packages\n")
    run.install([run.RUNTIME_LOCK])
    assert installed == [run.RUNTIME_LOCK] * 2


def test_another_interpreter_means_installing_everything_again(
    run: Any, installed: list[str]
) -> None:
    run.install([run.RUNTIME_LOCK])
    Path(run.STAMP).write_text(json.dumps({**run.read_stamp(), "python": "/gone/python3.10"}))
    assert run.missing([run.RUNTIME_LOCK]) == [run.RUNTIME_LOCK]


def test_the_embedded_queue_server_may_be_missing_if_the_system_has_one(
    run: Any, installed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    run.install([run.RUNTIME_LOCK])
    monkeypatch.setattr(run, "pip", refuse(run))
    monkeypatch.setattr(run.shutil, "which", lambda _name: "/usr/bin/redis-server")
    run.install([run.QUEUE_LOCK])
    assert "Going on without the embedded queue server. No network." in capsys.readouterr().err
    assert run.missing([run.QUEUE_LOCK]) == []


def test_without_any_queue_server_the_embedded_one_is_tried_again_next_time(
    run: Any, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run.install([run.RUNTIME_LOCK])
    monkeypatch.setattr(run, "pip", refuse(run))
    monkeypatch.setattr(run.shutil, "which", lambda _name: None)
    run.install([run.QUEUE_LOCK])
    assert run.missing([run.QUEUE_LOCK]) == [run.QUEUE_LOCK]


@pytest.fixture
def plugin_packages(run: Any) -> str:
    """The operator's list of packages with plugins."""
    Path(run.ROOT, run.PLUGIN_PACKAGES).write_text("sleuth-mine==0.1\n")
    return str(run.PLUGIN_PACKAGES)


def test_the_operators_packages_are_installed_once_and_after_a_change(
    run: Any, installed: list[str], plugin_packages: str
) -> None:
    for _ in range(2):
        run.install(run.runtime_locks())
    assert installed.count(plugin_packages) == 1
    assert installed[-1] == plugin_packages
    Path(run.ROOT, plugin_packages).write_text("sleuth-mine==0.2\n")
    run.install(run.runtime_locks())
    assert installed.count(plugin_packages) == 2


def test_another_interpreter_means_installing_the_operators_packages_again(
    run: Any, installed: list[str], plugin_packages: str
) -> None:
    run.install(run.runtime_locks())
    Path(run.STAMP).write_text(json.dumps({**run.read_stamp(), "python": "/gone/python3.10"}))
    assert plugin_packages in run.missing(run.runtime_locks())


def test_the_operators_packages_change_no_other_package_and_need_no_hashes(
    run: Any, installed: list[str], plugin_packages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.install([run.RUNTIME_LOCK])
    asked: list[list[str]] = []
    monkeypatch.setattr(run, "pip", lambda arguments, _complaint: asked.append(arguments))
    run.install(run.runtime_locks())
    assert asked[-1] == ["install", "--no-deps", "-r", str(Path(run.ROOT, plugin_packages))]


def test_the_operators_packages_may_fail_and_are_tried_again_next_time(
    run: Any,
    installed: list[str],
    plugin_packages: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    run.install([run.RUNTIME_LOCK])
    monkeypatch.setattr(run, "pip", refuse(run))
    run.install([plugin_packages])
    assert "Going on without them. No network." in capsys.readouterr().err
    assert run.missing([plugin_packages]) == [plugin_packages]


def test_packages_that_cannot_be_installed_end_the_start(
    run: Any, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "pip", refuse(run))
    with pytest.raises(run.StartError, match="No network"):
        run.install([run.RUNTIME_LOCK])


def refuse(run: Any) -> Any:
    def pip(*_arguments: Any) -> None:
        raise run.StartError("No network.")

    return pip


def test_a_folder_that_cannot_be_written_is_one_sentence(run: Any, tmp_path: Path) -> None:
    Path(run.VENV).write_text("a file in the way")
    with pytest.raises(run.StartError, match=f"^The folder {tmp_path} cannot be written: "):
        run.install([run.RUNTIME_LOCK])


def test_what_pip_said_last_is_shown_when_it_fails(
    run: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    lines = "import sys; print(*range(20), sep='\\n'); sys.exit(1)"
    monkeypatch.setattr(run, "installer", lambda: [sys.executable, "-c", lines])
    with pytest.raises(run.StartError, match=r"^It failed; is the package index reachable\?$"):
        run.pip([], "It failed")
    assert capsys.readouterr().err.split() == [str(number) for number in range(12, 20)]


def test_what_pip_says_is_hidden_while_it_works(
    run: Any, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.setattr(run, "installer", lambda: [sys.executable, "-c", "print('downloading')"])
    run.pip([], "It failed")
    assert capfd.readouterr() == ("", "")


def test_without_ensurepip_the_systems_pip_installs_into_the_environment(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: name == "pip" or None)
    run.create_venv()
    assert Path(run.PYTHON).exists()
    assert run.installer() == [sys.executable, "-m", "pip", "--python", run.PYTHON]


def test_an_environment_with_a_pip_of_its_own_uses_that(run: Any) -> None:
    Path(run.VENV, "lib", "python3.11", "site-packages", "pip").mkdir(parents=True)
    assert run.installer() == [run.PYTHON, "-m", "pip"]


def test_without_ensurepip_and_pip_one_sentence_says_what_to_install(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(run.StartError, match=r"neither ensurepip nor pip; .* python3-venv"):
        run.installer()


def test_the_callers_python_is_kept_out_but_its_package_index_is_not(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = ("PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_CONSTRAINT")
    for name in (*foreign, "PIP_INDEX_URL", "SLEUTH_PORT"):
        monkeypatch.setenv(name, "/theirs")
    monkeypatch.setenv("PYTHONPATH", "/theirs")
    environ = run.clean_environ()
    assert [name for name in foreign if name in environ] == []
    assert (environ["PIP_INDEX_URL"], environ["SLEUTH_PORT"]) == ("/theirs", "/theirs")
    assert environ["PYTHONPATH"] == run.ROOT


@pytest.mark.parametrize(
    ("environ", "locks"),
    [
        ({}, ["requirements.lock", "requirements-queue.lock"]),
        ({"SLEUTH_REDIS_URL": "redis://cache"}, ["requirements.lock"]),
        (
            {"SLEUTH_DATABASE_URL": "postgresql://db/sleuth"},
            ["requirements.lock", "requirements-postgres.lock", "requirements-queue.lock"],
        ),
    ],
)
def test_only_what_the_settings_call_for_is_installed(
    run: Any, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], locks: list[str]
) -> None:
    for name in ("SLEUTH_REDIS_URL", "SLEUTH_DATABASE_URL"):
        monkeypatch.setenv(name, environ.get(name, ""))
    assert run.runtime_locks() == locks


@pytest.mark.parametrize(
    "lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name
)
def test_a_lock_pins_every_package_by_hash_and_names_no_index(lock: Path) -> None:
    text = lock.read_text()
    packages = re.findall(
        r"^[a-z0-9.-]+==\S+ .*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE
    )
    assert len(packages) == len(re.findall(r"^\S+==", text, re.MULTILINE)) > 0
    assert not re.search(r"https?:|--index-url|--find-links|file:", text)
