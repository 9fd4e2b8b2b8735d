"""The page for users names what they may read."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.sentry import answers, token
from plugins.sentry.info import INFO

PAGE = (Path(__file__).parents[3] / "docs" / "sentry.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("message", [*answers._DEAD_TOKENS.values(), *answers._BARRIERS.values()])
def test_every_cause_of_a_refusal_is_explained(message: str) -> None:
    beginning = message.partition(":")[0].partition(",")[0].partition(". ")[0]

    assert f"| {beginning}" in PAGE


def test_the_page_says_so_until_somebody_has_asked_the_real_service() -> None:
    assert ("built from documentation" in PAGE) is (INFO.verified_on == "")


def test_scopes_token_page_and_hint_are_those_of_the_dialog() -> None:
    assert [scope for scope in INFO.token_scopes if f"`{scope}`" not in PAGE] == []
    assert INFO.token_url in PAGE
    assert INFO.token_help in PAGE
    assert token._NEVER_READS.partition("{of}")[0] in PAGE
