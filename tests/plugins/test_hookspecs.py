"""Every hook is typed, and documented in the same sections."""

from __future__ import annotations

import ast
import inspect
from typing import Any, get_type_hints

import pytest
from pluggy import PluginManager

from sleuth import hookspecs

SECTIONS = ("Called:", "Args:", "Returns:", "Raises:", "Example:", "Added in:")
HOOKS = {
    name: value
    for name, value in vars(hookspecs).items()
    if inspect.isfunction(value) and name.startswith("sleuth_")
}
every_hook = pytest.mark.parametrize("hook", HOOKS.values(), ids=list(HOOKS))


def test_every_hook_is_known_to_the_plugin_manager() -> None:
    manager = PluginManager("sleuth")
    manager.add_hookspecs(hookspecs)
    assert {name for name in vars(manager.hook) if not name.startswith("_")} == set(HOOKS)
    assert set(hookspecs.REQUIRED) <= set(HOOKS)


@every_hook
def test_a_hook_has_every_section_in_order(hook: Any) -> None:
    lines = [line.strip() for line in (inspect.getdoc(hook) or "").splitlines()]
    assert [line for line in lines if line in SECTIONS] == list(SECTIONS)
    assert lines[0].endswith(".")
    for section in SECTIONS:
        assert lines[lines.index(section) + 1], f"{section} is empty"


@every_hook
def test_a_hook_explains_every_argument_and_says_whether_it_is_required(hook: Any) -> None:
    document = inspect.getdoc(hook) or ""
    for argument in inspect.signature(hook).parameters:
        assert f"    {argument}: " in document
    assert (hook.__name__ in hookspecs.REQUIRED) == (" Required." in document)


@every_hook
def test_a_hook_is_typed(hook: Any) -> None:
    hints = get_type_hints(hook)
    assert set(hints) == {*inspect.signature(hook).parameters, "return"}


@every_hook
def test_the_example_of_a_hook_is_python(hook: Any) -> None:
    _, _, example = (inspect.getdoc(hook) or "").partition("Example:\n")
    assert ast.parse(inspect.cleandoc(example.partition("Added in:")[0])).body


@every_hook
def test_a_hook_that_warns_its_authors_says_so_in_its_documentation(hook: Any) -> None:
    specified = hook.sleuth_spec
    is_dated = bool(specified["warn_on_impl"] or specified["warn_on_impl_args"])
    assert is_dated == ("Deprecated in:" in (inspect.getdoc(hook) or ""))
