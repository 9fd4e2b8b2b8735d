"""Plugins stand on the plugin API alone, and the host stands without plugins."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PLUGINS = ROOT / "plugins"
ALLOWED = {"sleuth.plugin_api", "sleuth.http"}


def imported_by(path: Path) -> Iterator[str]:
    """Yield the full name of every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports relatively"
            yield node.module or ""


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sorted(PLUGINS.rglob("*.py")), ids=ids)
def test_a_plugin_imports_the_plugin_api_and_itself_only_and_its_sandbox_the_kit(
    path: Path,
) -> None:
    own_package = ".".join(path.relative_to(ROOT).with_suffix("").parts[:2])
    for name in imported_by(path):
        top = name.partition(".")[0]
        is_kit = name == "sleuth.testing" and "sandbox" in path.with_suffix("").parts
        is_own = name == own_package or name.startswith(f"{own_package}.")
        assert top not in {"sleuth", "plugins"} or name in ALLOWED or is_own or is_kit, name


@pytest.mark.parametrize("path", sorted((ROOT / "sleuth").rglob("*.py")), ids=ids)
def test_the_host_imports_no_plugin(path: Path) -> None:
    assert "plugins" not in {name.partition(".")[0] for name in imported_by(path)}


def test_what_plugins_own_tests_import_needs_no_application() -> None:
    program = (
        "import sys, sleuth.trackers, sleuth.plugin_api, sleuth.hookspecs, sleuth.http;"
        "assert not {'flask', 'sqlalchemy', 'rq', 'redis'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
