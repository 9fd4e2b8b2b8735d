"""What the administrators' page tells to type and promises."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from sleuth import cli
from sleuth.accounts.permissions import GRANTS, Permission

PAGE = (Path(__file__).parents[2] / "docs" / "administering.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\./run sleuth (.+)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_can_be_typed_as_it_stands(line: str) -> None:
    command: click.Command = cli.main
    words = shlex.split(line)
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    assert command.make_context(command.name, words)


def test_every_command_is_named() -> None:
    for name, command in cli.main.commands.items():
        inner = getattr(command, "commands", None)
        for full in [f"{name} {each}" for each in inner] if inner else [name]:
            assert any(line.startswith(full) for line in COMMANDS), full


def test_the_table_of_roles_is_what_the_gate_enforces() -> None:
    rows = re.findall(r"^\| (?:look|connect|pause|hand).*$", PAGE, re.MULTILINE)
    said = [[cell.strip() == "yes" for cell in row.split("|")[2:6]] for row in rows]
    asked = (Permission.LOOK, Permission.CHANGE, Permission.ADMINISTER, Permission.OWN)
    assert said == [[needed in granted for granted in GRANTS.values()] for needed in asked]
