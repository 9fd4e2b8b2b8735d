"""What is written for plugin authors is true."""

from __future__ import annotations

import re
import sys
from dataclasses import is_dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from sleuth import hookspecs, plugin_api
from sleuth.plugin_api import ImpactConfig, TrackerContext
from sleuth.testing.checking import check
from sleuth.testing.finding import find
from sleuth.trackers import load

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs" / "plugins"
PAGES = sorted(DOCS.glob("*.md"))
HOOKS = DOCS / "hooks.md"
TUTORIAL = DOCS / "tutorial.md"


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def reference() -> Any:
    """The script that writes the reference, as a module."""
    loader = SourceFileLoader("reference_script", str(ROOT / ".ci" / "reference.py"))
    module = module_from_spec(cast("ModuleSpec", spec_from_loader(loader.name, loader)))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / ".ci"))
        patch.setitem(sys.modules, loader.name, module)
        loader.exec_module(module)
        yield module


def specs(**more: Any) -> ModuleType:
    """Return the hooks, with some put in place of others."""
    changed = ModuleType("changed_hookspecs", hookspecs.__doc__)
    vars(changed).update({**vars(hookspecs), **more, "__doc__": hookspecs.__doc__})
    return changed


def test_the_reference_is_what_the_docstrings_say(reference: Any) -> None:
    page = reference.Reference(hookspecs, plugin_api).page()
    assert HOOKS.read_text() == page, (
        "write it anew with: .venv/bin/python .ci/reference.py --write"
    )


def test_the_reference_is_printed_and_written(
    reference: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(reference, "PAGE", tmp_path / "hooks.md")
    monkeypatch.setattr(sys, "path", [*sys.path])
    reference.main([])
    reference.main(["--write"])
    assert (tmp_path / "hooks.md").read_text() == HOOKS.read_text() == capsys.readouterr().out


def test_the_reference_has_every_hook_and_every_dataclass(reference: Any) -> None:
    headings = re.findall(r"^### (\w+)$", HOOKS.read_text(), re.MULTILINE)
    hooks = [name for name in vars(hookspecs) if name.startswith("sleuth_")]
    classes = [each.__name__ for each in vars(plugin_api).values() if is_dataclass(each)]
    assert set(headings) >= {*hooks, *classes, "TrackerError", "Reason", "FieldKind"}


def sleuth_mumble() -> str:  # pragma: no cover
    return ""


def sleuth_half_said(tracker: TrackerContext) -> str:  # pragma: no cover
    """Say half of it.

    Called:
        Never.

    Args:
        None.

    Returns:
        Half.
    """
    return ""


@pytest.mark.parametrize(
    ("hook", "complaint"),
    [
        (sleuth_mumble, "sleuth_mumble has no docstring"),
        (sleuth_half_said, "sleuth_half_said does not explain tracker"),
    ],
)
def test_what_has_no_words_cannot_be_written(reference: Any, hook: Any, complaint: str) -> None:
    changed = specs(**{hook.__name__: hook})
    with pytest.raises(reference.Undocumented, match=complaint):
        reference.Reference(changed, plugin_api).page()


def test_a_signature_that_changed_changes_the_page(reference: Any) -> None:
    def sleuth_explore_url(config: ImpactConfig) -> str:  # pragma: no cover
        return ""

    sleuth_explore_url.__doc__ = hookspecs.sleuth_explore_url.__doc__
    page = reference.Reference(specs(sleuth_explore_url=sleuth_explore_url), plugin_api).page()
    assert "def sleuth_explore_url(config: ImpactConfig) -> str\n" in page
    assert page != HOOKS.read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]*)(?:#[\w-]*)?\)", page.read_text()):
        assert not target or (DOCS / target).is_file(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_that_are_mentioned_exist(page: Path) -> None:
    for path in re.findall(r"`((?:plugins|tests|docs|sleuth)/[\w./]+)`", page.read_text()):
        assert (ROOT / path).exists(), path


def test_the_tutorial_builds_the_example_plugin(tmp_path: Path) -> None:
    built = "\n\n\n".join(block.strip() for block in python_blocks(TUTORIAL)) + "\n"
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


def test_the_tutorials_plugin_keeps_every_rule_beside_its_sandbox(tmp_path: Path) -> None:
    copy = "cp plugins/example/sandbox.py my-plugins/_tutorial_sandbox.py\n"
    assert f"{copy}./run sleuth plugin check my-plugins/tutorial.py" in TUTORIAL.read_text()
    (tmp_path / "tutorial.py").write_text("\n\n\n".join(python_blocks(TUTORIAL)))
    sandbox = (ROOT / "plugins" / "example" / "sandbox.py").read_text()
    (tmp_path / "_tutorial_sandbox.py").write_text(sandbox)
    outcomes = list(check(find(str(tmp_path / "tutorial.py"), disabled=["example"]), ()))
    assert [each.rule.number for each in outcomes if each.state == "failed"] == []
