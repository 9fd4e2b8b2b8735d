"""What the page of a code deployment offers to paste does what it says."""

from __future__ import annotations

import re
import shlex

import pytest

from sleuth.deploys.commands import commands

URL = "https://sleuth.test/api/1/deployments/acme/web/register_deploy"


def curl(text: str) -> list[str]:
    """Return the words of the curl command in a piece of text."""
    command = text[text.index("curl --") if "curl --" in text else text.index("curl -X") :]
    command = command.partition("\n  '''")[0].replace("\\\n", " ").replace("\n", " ")
    return shlex.split(command)


@pytest.mark.parametrize("command", commands(URL), ids=lambda each: each.name)
def test_every_command_posts_a_token_and_a_revision(command) -> None:
    words = curl(command.text)
    assert URL in words
    assert words[words.index("-X") + 1] == "POST"
    assert re.match(r"Authorization: Bearer .+", words[words.index("-H") + 1])
    assert any(re.match(r"sha=.+", word) for word in words)
    assert not any(word.startswith("environment=") for word in words)


@pytest.mark.parametrize("command", commands(URL, "staging"), ids=lambda each: each.name)
def test_another_environment_is_named(command) -> None:
    words = curl(command.text)
    assert words[words.index("environment=staging") - 1] == "-d"


def test_nothing_of_a_template_is_left_over() -> None:
    for command in commands(URL):
        assert "{url}" not in command.text
        assert "{{{" not in command.text
    assert "SLEUTH_TOKEN: ${{ secrets.SLEUTH_TOKEN }}" in commands(URL)[1].text
