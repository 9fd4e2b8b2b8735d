"""What the API will lose goes on working, and whoever uses it is told."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import pytest

from sleuth import hookspecs, plugin_api
from sleuth.plugin_api import PluginDeprecationWarning
from sleuth.trackers import Registry, describe
from sleuth.trackers.deprecation import DEPRECATED, noting_deprecations
from sleuth.trackers.shapes import require

ROOT = Path(__file__).parent.parent.parent
SENTENCE = "sleuth_check_impact is deprecated since API version 2: implement sleuth_check_all."
HOOK = """
@hookimpl
def sleuth_check_impact(config):
    return []
"""
Load = Callable[..., Registry]


@dataclass(frozen=True)
class Dated:
    """A dataclass of an API that has a past."""

    name: str
    colour: str = field(default="", metadata={DEPRECATED: "Since API version 2, use logo."})
    tags: list[str] = field(default_factory=list, metadata={DEPRECATED: "Nobody reads them."})


@pytest.fixture
def dated_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deprecate a hook."""
    specified = hookspecs.sleuth_check_impact.sleuth_spec
    monkeypatch.setitem(specified, "warn_on_impl", PluginDeprecationWarning(SENTENCE))


@pytest.mark.usefixtures("dated_hook")
def test_a_plugin_with_a_deprecated_hook_works_and_says_what_to_do(
    load_plugins: Load, good_plugin: str
) -> None:
    registry = load_plugins(good=good_plugin + HOOK)
    assert registry.trackers["good"].supports("sleuth_check_impact")
    (row,) = [row for row in describe(registry) if row["name"] == "good"]
    assert (row["state"], row["detail"]) == ("loaded", SENTENCE)


@pytest.mark.usefixtures("dated_hook")
def test_a_plugin_without_it_is_told_nothing(load_plugins: Load, good_plugin: str) -> None:
    assert load_plugins(good=good_plugin).trackers["good"].notes == ()


def test_a_deprecated_field_that_is_set_warns_the_authors_tests() -> None:
    with pytest.warns(PluginDeprecationWarning, match=r"Dated\.colour is deprecated: Since API"):
        require(Dated("a", "red"), Dated, "Dated")


def test_deprecated_fields_that_are_left_alone_do_not() -> None:
    require(Dated("a"), Dated, "Dated")


def test_other_warnings_are_not_taken_for_notes() -> None:
    notes: list[str] = []
    with noting_deprecations(notes), pytest.warns(UserWarning, match="something else"):
        warnings.warn("something else", UserWarning, stacklevel=1)
    assert notes == []


def test_a_hook_of_a_later_version_may_be_marked_as_optional(
    load_plugins: Load, good_plugin: str
) -> None:
    page = (ROOT / "docs" / "plugins" / "compatibility.md").read_text()
    (block,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    registry = load_plugins(
        good=good_plugin + block, bad=good_plugin + block.replace("(optionalhook=True)", "")
    )
    assert [*registry.trackers] >= ["good"]
    assert [failure.origin.name for failure in registry.failures] == ["bad"]


def test_nothing_is_deprecated_while_the_page_says_so() -> None:
    page = (ROOT / "docs" / "plugins" / "compatibility.md").read_text()
    is_hook_dated = "Deprecated in:" in Path(hookspecs.__file__).read_text()
    is_field_dated = f'"{DEPRECATED}":' in Path(plugin_api.__file__).read_text()
    assert ("Nothing is deprecated today." in page) == (not is_hook_dated and not is_field_dated)


def test_a_plugin_that_names_no_version_was_written_for_the_first_even_in_a_later_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(plugin_api.__file__).read_text()
    later = source.replace("\nAPI_VERSION = 1\n", "\nAPI_VERSION = 2\n")
    assert later != source
    (tmp_path / "later_plugin_api.py").write_text(later)
    monkeypatch.syspath_prepend(tmp_path)
    info = import_module("later_plugin_api").TrackerInfo("old", "Old", "Enable Old.", ())
    assert info.api_version == 1


@pytest.mark.parametrize(
    "source",
    ["plugins/example/__init__.py", "plugins/sentry/info.py", "sleuth/cli/skeleton/plugin.py"],
)
def test_what_authors_copy_names_the_version_it_was_written_for(source: str) -> None:
    assert (ROOT / source).read_text().count(" api_version=1,\n") == 1
