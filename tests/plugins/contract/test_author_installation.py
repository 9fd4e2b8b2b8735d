"""What an author installs: a wheel of ``sleuth``, pluggy, requests and pytest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

import pytest

from sleuth.testing.rules import RULES

ROOT = Path(__file__).parent.parent.parent.parent
OF_THE_WHEEL = ("pyproject.toml", "setup.cfg", "README.md", "LICENSE")
INSTALLED = (
    "pluggy",
    "requests",
    "urllib3",
    "idna",
    "certifi",
    "charset-normalizer",
    "pytest",
    "iniconfig",
    "packaging",
    "pygments",
)
TESTS = """
import sys
from sleuth.testing import contract

test_contract = contract("author/mine")


def test_nothing_of_the_application_is_needed():
    assert not {"flask", "sqlalchemy", "rq", "redis"} & set(sys.modules)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is installed, and nothing else of this machine."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    shutil.copytree(
        ROOT / "sleuth", source / "sleuth", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in OF_THE_WHEEL:
        shutil.copy(ROOT / name, source / name)
    _put_what_a_wheel_holds(source, site)
    for name in INSTALLED:
        package = distribution(name)
        for top in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            (site / top).symlink_to(Path(str(package.locate_file(top))))
    return site


def _put_what_a_wheel_holds(source: Path, site: Path) -> None:
    """Have setuptools build what it would zip, which needs neither network nor ``wheel``."""
    if not find_spec("setuptools"):
        for file in _declared(source):
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / file, site / file)
        return
    build = ["-c", "import setuptools; setuptools.setup()", "-q", "build_py", "--build-lib"]
    subprocess.run([sys.executable, "-W", "ignore", *build, str(site)], check=True, cwd=source)


def _declared(source: Path) -> Iterator[Path]:
    """Yield what setup.cfg puts into a wheel: modules, and the data that it names."""
    config = ConfigParser()
    config.read(source / "setup.cfg")
    yield from (file.relative_to(source) for file in source.glob("sleuth/**/*.py"))
    for package, patterns in config["options.package_data"].items():
        for pattern in patterns.split():
            folder = source.joinpath(*package.split("."))
            yield from (file.relative_to(source) for file in folder.glob(pattern))


def run(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-S", "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        check=False,
        cwd=folder,
        env={"PYTHONPATH": str(site), "PATH": ""},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def author(tmp_path: Path) -> Path:
    """An author's folder: the example as their plugin, and a test in two lines."""
    shutil.copytree(ROOT / "plugins" / "example", tmp_path / "author" / "mine")
    (tmp_path / "test_mine.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["sleuth.testing"]\n')
    return tmp_path


def test_the_application_is_not_there(site: Path, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.parametrize('name', ['flask', 'sqlalchemy', 'rq', 'click'])\n"
        "def test_it(name):\n    with pytest.raises(ImportError):\n        __import__(name)\n"
    )
    assert run(site, tmp_path, "-q").returncode == 0


def test_what_setup_cfg_declares_is_what_setuptools_builds(site: Path) -> None:
    built = {file.relative_to(site) for file in (site / "sleuth").rglob("*") if file.is_file()}
    built = {file for file in built if file.suffix != ".pyc"}
    assert built == set(_declared(ROOT))


def test_a_plugin_is_checked_against_our_types(site: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from sleuth.plugin_api import TokenCheck\n"
        "from sleuth.testing import contract\n"
        "answer: int = TokenCheck(ok=True, message='')\n"
        "test_contract: int = contract('mine.py')\n"
    )
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, "mine.py"],
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert 'expression has type "TokenCheck"' in result.stdout, result.stdout
    assert 'expression has type "Callable[..., None]"' in result.stdout
    assert "import-untyped" not in result.stdout


def test_a_plugin_that_ends_pytest_as_if_all_were_well_fails(site: Path, author: Path) -> None:
    file = author / "author" / "mine" / "__init__.py"
    get = "    answer = tracker.http.get(\n"
    file.write_text(file.read_text().replace(get, f"    __import__('os')._exit(0)\n{get}"))
    result = run(site, author, "-q", "-k", "C201 or C301")
    assert result.returncode == 1
    assert "ended the process with status 0 while this was tried, in sleuth_" in result.stdout
    assert "2 failed, " in result.stdout


def test_the_rules_are_the_authors_tests(site: Path, author: Path) -> None:
    result = run(site, author, "-v")
    assert result.returncode == 0, result.stdout
    assert (
        "test_contract[C301 401 is a permanent error about the credentials] PASSED" in result.stdout
    )
    assert f"{len(RULES) - 5 + 1} passed, 5 skipped" in result.stdout


def test_a_rule_that_is_broken_fails_with_the_words_of_the_command(
    site: Path, author: Path
) -> None:
    file = author / "author" / "mine" / "__init__.py"
    file.write_text(file.read_text().replace('row["errors"]', 'row["errors"] or 0'))
    result = run(site, author, "-q", "-k", "C506")
    assert result.returncode == 1
    assert "C506 null in place of a value is a TrackerError" in result.stdout
    assert "minutes.each.errors is null, returned CountSeries(" in result.stdout
    assert "docs/plugins/rules.md#c506" in result.stdout
    assert "Traceback" not in result.stdout


def test_a_plugin_that_cannot_be_imported_is_said_in_a_sentence(site: Path, author: Path) -> None:
    (author / "author" / "mine" / "__init__.py").write_text("import nonsense\n")
    result = run(site, author, "-q", "-k", "C101")
    assert result.returncode == 1
    assert (
        "mine cannot be imported: ModuleNotFoundError: No module named 'nonsense'" in result.stdout
    )
    assert "Traceback" not in result.stdout
