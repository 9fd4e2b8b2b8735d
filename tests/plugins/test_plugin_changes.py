"""What a plugin changes for the whole process, and for others, while it is loaded."""

from __future__ import annotations

import locale
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sleuth import clock
from sleuth.trackers import Registry, load, sources

Start = Callable[..., Registry]


def umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def own_output() -> object:
    """Return the standard output, whether or not another plugin's thread is listened to."""
    return getattr(sys.stdout, "own", sys.stdout)


@pytest.mark.parametrize(
    ("change", "what", "look"),
    [
        ("import sys; sys.stdout = None", "standard input, output or error", own_output),
        ("import os; os.chdir('/')", "the working directory", Path.cwd),
        ("import os; os.umask(0o007)", "the umask", umask),
        (
            "import locale; locale.setlocale(locale.LC_TIME, 'C.UTF-8')",
            "the locale",
            lambda: locale.setlocale(locale.LC_ALL),
        ),
        (
            "import logging; logging.disable()",
            "what is logged",
            lambda: logging.root.manager.disable,
        ),
        (
            "import logging; logging.root.addHandler(logging.NullHandler())",
            "what is logged",
            lambda: list(logging.root.handlers),
        ),
        (
            "import socket; socket.setdefaulttimeout(9)",
            "the default timeout of sockets",
            socket.getdefaulttimeout,
        ),
        (
            "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)",
            "what signals do",
            lambda: signal.getsignal(signal.SIGTERM),
        ),
        (
            "import signal; signal.alarm(500)",
            "a timer that sends a signal",
            lambda: signal.getitimer(signal.ITIMER_REAL),
        ),
    ],
)
def test_what_a_plugin_changes_for_everybody_is_undone_and_noted(
    start_with: Start, change: str, what: str, look: Callable[[], object]
) -> None:
    before = look()
    tracker = start_with(change).trackers["good"]
    assert look() == before
    assert tracker.notes == (
        f"What it changed in the whole process when it was loaded was undone: {what}.",
    )


def test_what_one_that_fails_has_changed_is_undone_too(start_with: Start) -> None:
    before = logging.root.manager.disable
    assert (
        start_with("import logging; logging.disable(); 1 / 0")
        .failures[0]
        .error.startswith("It raised Zero")
    )
    assert logging.root.manager.disable == before


def test_of_a_folder_and_a_file_of_one_name_the_folder_is_loaded_and_the_file_reported(
    tmp_path: Path, good_plugin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = tmp_path / "bundle"
    (bundled / "twice").mkdir(parents=True)
    (bundled / "__init__.py").write_text("")
    (bundled / "twice" / "__init__.py").write_text(good_plugin)
    (bundled / "twice.py").write_text(good_plugin)
    monkeypatch.setattr(sources, "BUNDLED_DIR", bundled)
    monkeypatch.setattr(sources, "BUNDLED_PACKAGE", "bundle_of_a_test")
    registry = load({})
    assert (
        "Another plugin there has the same name: twice is both a folder"
        in registry.failures[0].error
    )
    assert registry.trackers["good"].validate_token({"token": "t"}, clock.now()).ok
