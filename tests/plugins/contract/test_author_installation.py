"""What an author installs: a wheel of ``sleuth``, pluggy, requests and pytest."""

from __future__ import annotations

import shutil
import subprocess
import sys
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
        shutil.copytree(source / "sleuth", site / "sleuth")
        return
    build = ["-c", "import setuptools; setuptools.setup()", "-q", "build_py", "--build-lib"]
    subprocess.run([sys.executable, "-W", "ignore", *build, str(site)], check=True, cwd=source)


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
