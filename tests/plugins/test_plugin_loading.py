"""One broken plugin harms nobody else, and says what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from sleuth import __version__, trackers
from sleuth.trackers import LoadFailure, Registry, describe, load, sources

DUMMIES = Path(__file__).parent.parent / "dummies"


@pytest.fixture(autouse=True)
def no_bundled_plugins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave the bundled plugins out, except where a test is about them."""
    monkeypatch.setattr(sources, "BUNDLED_DIR", tmp_path / "none")


@pytest.fixture
def broken(load_plugins: Callable[..., Registry], good_plugin: str) -> Callable[..., LoadFailure]:
    """Load a plugin beside a good one, and return the only failure."""

    def load_beside_good(source: str, **settings: Any) -> LoadFailure:
        registry = load_plugins(settings, a_broken=source, good=good_plugin)
        assert list(registry.trackers) == ["good"], "the good one is loaded all the same"
        (failure,) = registry.failures
        return failure

    return load_beside_good


def changed(source: str, old: str, new: str) -> str:
    assert old in source
    return source.replace('slug="good"', 'slug="bad"').replace(old, new)


# What can be wrong with a plugin


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def broken(:", "It raised SyntaxError: invalid syntax"),
        ("import nothing_like_this", "It raised ModuleNotFoundError: No module named"),
        ("1 / 0", "It raised ZeroDivisionError: division by zero ("),
        ("raise SystemExit(3)", "It raised SystemExit: 3 ("),
        ("x = 1", "It does not implement sleuth_tracker_info, sleuth_impact_fields,"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_reported(
    broken: Callable[..., LoadFailure], source: str, error: str
) -> None:
    failure = broken(source)
    assert failure.error.startswith(error)
    assert (failure.name, failure.api_version) == ("a_broken", None)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (
            "def sleuth_list_projects():",
            "def sleuth_list_project():",
            "It has a hook that this Sleuth does not know, sleuth_list_project. "
            "Did you mean sleuth_list_projects?",
        ),
        (
            "def sleuth_collect_counts(until):",
            "def sleuth_collect_counts(until, when):",
            "sleuth_collect_counts has arguments that it is never given: when. "
            "It may have: tracker, config, since, until.",
        ),
        (
            "@hookimpl\ndef sleuth_list_projects():",
            "def sleuth_list_projects():",
            "It does not implement sleuth_list_projects. Is @hookimpl missing?",
        ),
        ("    return []", "    return 1", ""),
        ('name="Good"', 'name="Good", nom=""', "It raised TypeError: "),
        ("return TrackerInfo(", "return dict(", "It breaks the plugin contract: TrackerInfo is"),
        (
            'name="Good"',
            'name="Good", api_version=99',
            "It was written for version 99 of the plugin API; this Sleuth supports 1 to 1.",
        ),
        (
            'name="Good"',
            'name="Good", api_version="1"',
            "It breaks the plugin contract: TrackerInfo.api_version is str, not int.",
        ),
        ('description="Enable Good."', 'description=" "', "It breaks the plugin contract: "),
    ],
)
def test_a_plugin_with_a_fault_is_reported(
    load_plugins: Callable[..., Registry], good_plugin: str, old: str, new: str, error: str
) -> None:
    registry = load_plugins(a_broken=changed(good_plugin, old, new), good=good_plugin)
    assert "good" in registry.trackers
    assert "".join(failure.error for failure in registry.failures).startswith(error)
    assert bool(registry.failures) == bool(error)


def test_an_optional_hook_that_is_not_marked_is_noted(
    load_plugins: Callable[..., Registry], good_plugin: str
) -> None:
    forgotten = "\ndef sleuth_explore_url(config, since, until):\n    return ''\n"
    tracker = load_plugins(good=good_plugin + forgotten).trackers["good"]
    assert tracker.notes == ("sleuth_explore_url is never called: @hookimpl is missing.",)


def test_a_plugin_from_the_future_is_reported_with_its_version(
    broken: Callable[..., LoadFailure], good_plugin: str
) -> None:
    failure = broken(changed(good_plugin, 'name="Good"', 'name="Better", api_version=99'))
    assert (failure.name, failure.api_version) == ("Better", 99)


@pytest.mark.parametrize("slug", ["Bad", "a_b", "-a", "a--b", "", "x" * 41, "é"])
def test_a_slug_that_is_none_is_refused(
    broken: Callable[..., LoadFailure], good_plugin: str, slug: str
) -> None:
    failure = broken(good_plugin.replace('slug="good"', f"slug={slug!r}"))
    assert "is not lower-case letters, digits, hyphens" in failure.error


@pytest.mark.parametrize(
    ("addition", "error"),
    [
        ('category="Error Trackers"', "category 'Error Trackers' is not a slug"),
        ('required_scopes=("a",)', "required_scopes are not all among token_scopes"),
        ('token_url="javascript:x"', "token_url is not an absolute http(s) URL"),
        ('docs_url="/docs"', "docs_url is not an absolute http(s) URL"),
        ('verified_on="20260304"', "verified_on is no day (YYYY-MM-DD)"),
        ('verified_on="soon"', "verified_on is no day (YYYY-MM-DD)"),
        ('hosts=("com",)', "hosts has 'com', which is no host name"),
        ('hosts=("https://a.test",)', "hosts has 'https://a.test', which is no host name"),
        ('hosts="a.test"', "hosts is str, not tuple"),
        ('settings=(PluginSetting("A b", "", ""),)', "settings: 'A b' is no name"),
        ('settings=(PluginSetting("a", "", ""),) * 2', "settings: a name occurs twice"),
        ("capabilities=Capabilities(interval_seconds=420)", "and divide a day"),
        ("capabilities=Capabilities(interval_seconds=90)", "must be whole minutes"),
        ("capabilities=Capabilities(look_back_days=0)", "look_back_days is less than 1"),
        ("capabilities=Capabilities(requests_per_hour=0)", "requests_per_hour is less than 1"),
        ("capabilities=Capabilities(reports_new_errors=True)", "without a sleuth_new_errors hook"),
        (
            'settings=(PluginSetting("url", "ftp://x", "", is_url=True),)',
            "SLEUTH_BAD_URL is not an absolute http(s) URL.",
        ),
    ],
)
def test_info_that_makes_no_sense_is_refused(
    broken: Callable[..., LoadFailure], good_plugin: str, addition: str, error: str
) -> None:
    failure = broken(changed(good_plugin, 'name="Good"', f'name="Good", {addition}'))
    assert error in failure.error
    assert failure.api_version == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ("[]", "impact fields lack project"),
        ("None", "impact fields is NoneType, not list"),
        ('[ImpactField("project", "P", "text")]', "impact field project cannot be of kind text"),
        ('[ImpactField("project", "P", "menu")]', "[0].kind is str, not one of"),
        ('GOOD + [ImpactField("x", "X", "remote_project")]', "impact field x cannot be of kind"),
        ("GOOD + GOOD", "impact fields: a name occurs twice"),
        ('GOOD + [ImpactField("x", "X", "text", docs_url="x")]', "docs_url that is no http(s)"),
    ],
)
def test_fields_that_make_no_sense_are_refused(
    broken: Callable[..., LoadFailure], good_plugin: str, fields: str, error: str
) -> None:
    good = '[ImpactField("project", "Project", "remote_project")]'
    failure = broken(
        changed(good_plugin, f"return {good}", f"return {fields}".replace("GOOD", good))
    )
    assert error in failure.error


def test_the_second_plugin_of_a_slug_is_refused(
    load_plugins: Callable[..., Registry], good_plugin: str
) -> None:
    registry = load_plugins(one=good_plugin, two=good_plugin.replace('"Good"', '"Copy"'))
    assert registry.trackers["good"].info.name == "Good"
    (failure,) = registry.failures
    assert failure.name == "Copy"
    assert failure.error.startswith("Another plugin already has the slug good: one (")


def test_an_object_that_cannot_be_registered_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(EntryPoint, "load", lambda _self: {"a": "dictionary"})
    registry = load_installed(monkeypatch, EntryPoint("odd", "odd", "sleuth"))
    assert "unhashable" in registry.failures[0].error


def test_the_traceback_is_in_the_log_only(
    broken: Callable[..., LoadFailure], caplog: pytest.LogCaptureFixture
) -> None:
    failure = broken("__version__ = '3'\ndef inner():\n    1 / 0\ninner()")
    assert "inner" not in failure.error
    assert "in inner" in caplog.text
    assert f"failed to load into Sleuth {__version__}" in caplog.text


def test_a_failed_plugin_is_called_no_more(
    load_plugins: Callable[..., Registry], good_plugin: str
) -> None:
    noisy = changed(good_plugin, 'description="Enable Good."', 'description=""')
    registry = load_plugins(a_broken=noisy, good=good_plugin)
    assert registry.trackers["good"]._hooks.manager.get_plugins() == {
        registry.trackers["good"]._hooks.manager.get_plugin(registry.trackers["good"]._hooks.key)
    }


# Logos


def test_a_harmless_logo_is_kept() -> None:
    tracker = load({"SLEUTH_PLUGINS_DIR": str(DUMMIES)}).trackers["dummy"]
    assert tracker.info.logo.startswith("<svg ")
    assert tracker.notes == ()


def test_a_harmful_logo_is_left_out_and_noted(
    load_plugins: Callable[..., Registry], good_plugin: str
) -> None:
    logo = 'name="Good", logo="<svg><script>alert(1)</script></svg>"'
    tracker = load_plugins(good=good_plugin.replace('name="Good"', logo)).trackers["good"]
    assert tracker.info.logo == ""
    assert tracker.notes == ("Its logo is not shown, because it has the element script.",)


# Where plugins come from


def test_a_folder_is_a_plugin_with_its_own_modules(
    load_plugins: Callable[..., Registry], good_plugin: str, tmp_path: Path
) -> None:
    for name, message in (("first-one", "1"), ("second", "2")):
        (tmp_path / name).mkdir()
        source = good_plugin.replace('slug="good"', f'slug="{name}"')
        source = "from .inside import MESSAGE\n" + source.replace('message=""', "message=MESSAGE")
        (tmp_path / name / "__init__.py").write_text(source)
        (tmp_path / name / "inside.py").write_text(f"MESSAGE = {message!r}")
    registry = load_plugins()
    asked = [tracker.validate_token({}, None).message for tracker in registry.trackers.values()]
    assert asked == ["1", "2"]


def test_what_is_no_plugin_is_passed_over(
    load_plugins: Callable[..., Registry], good_plugin: str, tmp_path: Path
) -> None:
    (tmp_path / "README.txt").write_text("hello")
    for folder in ("__pycache__", ".git", "_drafts"):
        (tmp_path / folder).mkdir()
    registry = load_plugins(good=good_plugin, _later="1 / 0")
    assert list(registry.trackers) == ["good"]
    assert registry.failures == []


def test_a_folder_without_code_is_reported(
    load_plugins: Callable[..., Registry], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert load_plugins().failures[0].error == "The folder has no __init__.py."


def test_a_plugins_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    (failure,) = load({"SLEUTH_PLUGINS_DIR": str(tmp_path / "gone")}).failures
    assert failure.name == "SLEUTH_PLUGINS_DIR"
    assert failure.error.endswith("cannot be read: No such file or directory.")


def test_a_plugin_that_failed_to_import_leaves_no_module_behind(
    load_plugins: Callable[..., Registry],
) -> None:
    load_plugins(explosive="1 / 0")
    assert not [name for name in sys.modules if name.startswith("sleuth_plugin_explosive")]


def load_installed(monkeypatch: pytest.MonkeyPatch, *found: EntryPoint) -> Registry:
    monkeypatch.setattr(
        sources, "entry_points", lambda group: EntryPoints(found).select(group=group)
    )
    return load({})


def test_an_installed_plugin_is_loaded_with_the_version_of_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(DUMMIES)
    entry_point = EntryPoint("dummy", "dummy", "sleuth")
    package = SimpleNamespace(name="sleuth-dummy", version="4.2")
    vars(entry_point).update(dist=package)
    origin = load_installed(monkeypatch, entry_point).trackers["dummy"].origin
    assert (origin.name, origin.place, origin.version) == ("dummy", "package sleuth-dummy", "4.2")


def test_an_installed_plugin_that_is_broken_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = load_installed(monkeypatch, EntryPoint("gone", "nothing_like_this", "sleuth"))
    assert "No module named 'nothing_like_this'" in registry.failures[0].error
    assert registry.failures[0].origin.place == "an installed package"


# What the operator decides


def test_a_disabled_plugin_is_not_even_imported(load_plugins: Callable[..., Registry]) -> None:
    registry = load_plugins({"SLEUTH_DISABLED_PLUGINS": ("bad",)}, bad="1 / 0")
    assert registry.failures == []
    assert registry.skipped[0].reason == "It is disabled by SLEUTH_DISABLED_PLUGINS."


def test_safe_mode_loads_bundled_plugins_only(
    load_plugins: Callable[..., Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    registry = load_plugins({"SLEUTH_SAFE_MODE": True}, bad="1 / 0")
    assert "sentry" in registry.trackers
    assert registry.failures == []
    assert ("bad", "SLEUTH_SAFE_MODE loads bundled plugins only.") in [
        (skipped.origin.name, skipped.reason) for skipped in registry.skipped
    ]


def test_a_plugin_waits_for_a_setting_that_it_requires(
    load_plugins: Callable[..., Registry], good_plugin: str
) -> None:
    setting = 'PluginSetting("base_url", "", "", is_url=True, is_required=True)'
    source = good_plugin.replace('name="Good"', f'name="Good", settings=({setting},)')
    waiting = load_plugins(good=source)
    assert waiting.trackers == {}
    assert waiting.skipped[0].reason == "It waits for SLEUTH_GOOD_BASE_URL to be set."
    ready = load_plugins({"SLEUTH_GOOD_BASE_URL": "https://good.test"})
    assert dict(ready.trackers["good"].settings) == {"base_url": "https://good.test"}


# The registry


def test_bundled_plugins_are_importable_by_name(
    monkeypatch: pytest.MonkeyPatch, no_sockets: None
) -> None:
    monkeypatch.undo()
    registry = load({"SLEUTH_EXAMPLE_URL": "http://127.0.0.1:1"})
    assert registry.failures == []
    assert {"sentry", "example"} <= set(registry.trackers)
    assert sys.modules["plugins.example"].__file__ == str(
        sources.BUNDLED_DIR / "example" / "__init__.py"
    )


def test_bundled_plugins_are_found_without_the_checkout_on_the_path(
    monkeypatch: pytest.MonkeyPatch, load_plugins: Callable[..., Registry], good_plugin: str
) -> None:
    bundled = Path(sources.BUNDLED_DIR)
    bundled.mkdir()
    (bundled / "__init__.py").touch()
    (bundled / "near.py").write_text(good_plugin)
    for name in [name for name in sys.modules if name.partition(".")[0] == "plugins"]:
        monkeypatch.delitem(sys.modules, name)
    tracker = load({}).trackers["good"]
    assert tracker.origin.place == "bundled"
    assert sys.modules.pop("plugins.near").__file__ == str(bundled / "near.py")
    del sys.modules["plugins"]


def test_trackers_of_a_category_come_by_name(
    load_plugins: Callable[..., Registry], good_plugin: str
) -> None:
    def source(slug: str, category: str) -> str:
        info = f'slug="{slug}", category="{category}"'
        named = good_plugin.replace('name="Good"', f'name="{slug.title()}"')
        return named.replace('slug="good"', info)

    registry = load_plugins(
        a=source("zeta", "error-trackers"),
        b=source("alpha", "error-trackers"),
        c=source("meter", "metrics"),
    )
    found = [tracker.info.slug for tracker in registry.by_category("error-trackers")]
    assert found == ["alpha", "zeta"]
    assert registry.get("meter") is registry.trackers["meter"]
    assert registry.get("gone") is None


def test_every_plugin_is_described_with_what_became_of_it(
    load_plugins: Callable[..., Registry], good_plugin: str
) -> None:
    rows = describe(
        load_plugins({"SLEUTH_DISABLED_PLUGINS": ("off",)}, good=good_plugin, bad="1 / 0", off="")
    )
    assert [(row["name"], row["state"]) for row in rows] == [
        ("good", "loaded"),
        ("bad", "failed"),
        ("off", "skipped"),
    ]
    assert rows[0]["slug"] == "good"
    assert "sleuth_tracker_info" in rows[0]["hooks"]
    assert rows[1]["detail"] == "It raised ZeroDivisionError: division by zero (bad.py, line 1)."


def test_the_application_holds_the_registry() -> None:
    app, registry = Flask("holder"), Registry()
    app.extensions["sleuth_trackers"] = registry
    with app.app_context():
        assert trackers.current() is registry
