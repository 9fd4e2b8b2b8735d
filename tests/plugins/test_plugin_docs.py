"""What is written for plugin authors is true."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from sleuth import hookspecs, plugin_api
from sleuth.trackers import load

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs" / "plugins"
PAGES = sorted(DOCS.glob("*.md"))
HOOKS = DOCS / "hooks.md"
RE_SECTION = re.MULTILINE | re.DOTALL
DATACLASSES = [value for value in vars(plugin_api).values() if is_dataclass(value)]


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def signatures(source: str) -> Iterator[str]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("sleuth_"):
            assert node.returns is not None
            yield f"{node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}"


def test_every_hook_is_documented_with_its_signature() -> None:
    blocks = python_blocks(HOOKS)
    documented = [line for block in blocks for line in signatures(f"{block.strip()}: ...")]
    specified = list(signatures(Path(hookspecs.__file__).read_text()))
    assert sorted(documented) == sorted(specified)


def test_every_hook_is_in_the_table_and_has_a_heading() -> None:
    page = HOOKS.read_text()
    rows = dict(re.findall(r"^\| \[`(sleuth_\w+)`\]\(#\1\) \| (yes|no) \|", page, re.MULTILINE))
    headings = re.findall(r"^### (sleuth_\w+)$", page, re.MULTILINE)
    assert list(rows) == sorted(headings, key=list(rows).index)
    assert {name for name, required in rows.items() if required == "yes"} == set(hookspecs.REQUIRED)


@pytest.mark.parametrize("kind", DATACLASSES, ids=lambda kind: kind.__name__)
def test_every_field_of_a_dataclass_is_documented_and_no_other(kind: Any) -> None:
    (section,) = re.findall(
        rf"^### {kind.__name__}\n(.*?)(?=^##|\Z)", HOOKS.read_text(), RE_SECTION
    )
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    documented = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert documented == {field.name for field in fields(kind)}


def test_every_reason_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)` \| .* \| .* \|$", HOOKS.read_text(), re.MULTILINE)
    assert documented == [*get_args(plugin_api.Reason)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]*)(?:#[\w-]*)?\)", page.read_text()):
        assert not target or (DOCS / target).is_file(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_that_are_mentioned_exist(page: Path) -> None:
    for path in re.findall(r"`((?:plugins|tests|docs|sleuth)/[\w./]+)`", page.read_text()):
        assert (ROOT / path).exists(), path


def test_the_tutorial_builds_the_example_plugin(tmp_path: Path) -> None:
    built = "\n\n\n".join(block.strip() for block in python_blocks(DOCS / "tutorial.md")) + "\n"
    assert built == (ROOT / "plugins" / "example" / "__init__.py").read_text()
    (tmp_path / "tutorial.py").write_text(built)
    registry = load(
        {
            "SLEUTH_PLUGINS_DIR": str(tmp_path),
            "SLEUTH_DISABLED_PLUGINS": ("example",),
            "SLEUTH_EXAMPLE_URL": "http://127.0.0.1:8399",
        }
    )
    assert registry.failures == []
    assert registry.trackers["example"].origin.place == str(tmp_path / "tutorial.py")
