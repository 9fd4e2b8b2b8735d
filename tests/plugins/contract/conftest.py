"""Plugins and sandboxes, written on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plugins import example

EXAMPLE = Path(example.__file__).read_text()
SANDBOX = "from plugins.example.sandbox import SANDBOX\n"


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a plugin and its sandbox, by default those of the example; return its path.

    It gets a slug of its own, so that it can be loaded beside the example.
    """

    def write(source: str = EXAMPLE, sandbox: str | None = SANDBOX, name: str = "mine") -> Path:
        path = tmp_path / f"{name}.py"
        path.write_text(source.replace('slug="example"', f'slug="{name}"'))
        if sandbox is not None:
            (tmp_path / f"_{name}_sandbox.py").write_text(sandbox)
        return path

    return write
