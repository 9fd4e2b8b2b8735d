"""The words of the audit log: each action has some, and none is left over."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sleuth.accounts import actions, audit
from sleuth.accounts.actions import words_of
from sleuth.config import ROOT
from sleuth.extensions import write
from sleuth.integrations.models import CheckKind
from tests.conftest import Cast

REGISTRY = ROOT / "sleuth" / "accounts" / "actions.py"
MADE_AT_RUN_TIME = {
    f"{kind}.check_{what}" for kind in CheckKind for what in ("started", "cancelled")
}
"""What ``sleuth/integrations/checks.py`` puts together."""


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_action_that_has_words_is_recorded_somewhere() -> None:
    files = [path for path in (ROOT / "sleuth").rglob("*.py") if path != REGISTRY]
    written = {text for path in files for text in strings(path)}
    assert actions.WORDS.keys() <= written | MADE_AT_RUN_TIME


def test_every_action_says_what_was_done_to_what() -> None:
    assert [each for each in actions.WORDS.values() if each.count("{}") != 1] == []


def test_an_action_without_words_is_refused(cast: Cast) -> None:
    with write(), pytest.raises(ValueError, match="tickled has no words"):
        audit.record(cast.acme.id, "integration.tickled", "Sentry", provider="sentry")


def test_an_action_of_an_integration_has_to_name_it(cast: Cast) -> None:
    with write(), pytest.raises(ValueError, match="name its provider"):
        audit.record(cast.acme.id, "integration.paused", "Sentry")


def test_the_subject_stands_apart_from_the_words() -> None:
    assert words_of("impact_source.added", "Web {}") == ("added the impact source ", "Web {}", "")


def test_what_an_older_version_did_is_shown_by_its_own_name() -> None:
    assert "".join(words_of("thing.half_done", "Web")) == "thing half done: Web"
