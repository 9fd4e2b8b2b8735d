"""The kit as a pytest plugin: one test for each rule."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from sleuth.testing.apart import Apart
    from sleuth.testing.rule import Rule

_PLACE = "sleuth_plugin"
_open = ExitStack()
_processes: dict[str, Apart] = {}


def contract(place: str) -> Callable[..., None]:
    """Return a test that becomes one for each rule; name it ``test_…`` in a test file.

    Needs ``pytest_plugins = ["sleuth.testing"]``, or ``-p sleuth.testing``.

    Args:
        place: Path of the plugin's file or folder, or its name.
    """

    def test_contract(rule: Rule) -> None:
        import pytest  # noqa: PLC0415 - the command does without

        from sleuth.testing.finding import CandidateError  # noqa: PLC0415 - nor this

        try:
            outcome = _process(place).try_rule(rule)
        except CandidateError as error:
            pytest.fail(str(error), pytrace=False)
        if outcome.state == "not checked":
            pytest.skip(f"not checked, {outcome.words}")
        if outcome.state != "ok":
            pytest.fail(f"{rule.number} {rule.title}\n{outcome.words}\n{rule.page}", pytrace=False)

    setattr(test_contract, _PLACE, place)
    return test_contract


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each rule."""
    if not hasattr(metafunc.function, _PLACE):
        return
    from sleuth.testing.rules import RULES  # noqa: PLC0415 - a sandbox does without

    names = [f"{rule.number} {rule.title}" for rule in RULES]
    metafunc.parametrize("rule", RULES, ids=names)


def pytest_unconfigure(config: Any) -> None:
    """End the processes of plugins and sandboxes."""
    _processes.clear()
    _open.close()


def _process(place: str) -> Apart:
    from sleuth.testing.apart import apart  # noqa: PLC0415 - only who collects it pays

    if place not in _processes:
        _processes[place] = _open.enter_context(apart(place))
    return _processes[place]
