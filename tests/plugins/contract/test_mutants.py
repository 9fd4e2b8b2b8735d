"""The kit finds mistakes: each of these plugins has one, which a rule has to name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plugins import example
from sleuth.testing.checking import check
from sleuth.testing.finding import find
from sleuth.testing.rules import RULES
from tests.plugins.contract.mutants import (
    COUNTER,
    ENVIRONMENT,
    FURTHER,
    FURTHER_MUTANTS,
    MUTANTS,
    TEAM,
    Mutant,
)

EXAMPLE = Path(example.__file__)
OPTIONAL = {"C901", "C902", "C903", "C904", "C905"}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.rule} {mutant.mistake}")
def test_a_mistake_is_found(mutant: Mutant, written: Callable[..., Path]) -> None:
    honest = EXAMPLE.read_text()
    assert honest.count(mutant.old) == 1
    path = written(honest.replace(mutant.old, mutant.new) + COUNTER)
    (outcome,) = check(find(str(path)), [mutant.rule])
    assert outcome.state == "failed"
    assert len(outcome.words.split()) > 5
    assert "the kit itself" not in outcome.words


def with_team() -> str:
    """The example, which asks for a team as well."""
    return EXAMPLE.read_text().replace(ENVIRONMENT, ENVIRONMENT + TEAM)


def test_the_optional_hooks_keep_every_rule(written: Callable[..., Path]) -> None:
    path = written(with_team() + FURTHER)
    assert [each.words for each in check(find(str(path)), OPTIONAL) if each.state != "ok"] == []


@pytest.mark.parametrize(
    "mutant", FURTHER_MUTANTS, ids=lambda mutant: f"{mutant.rule} {mutant.mistake}"
)
def test_a_mistake_in_an_optional_hook_is_found(
    mutant: Mutant, written: Callable[..., Path]
) -> None:
    assert FURTHER.count(mutant.old) == 1
    mistaken = FURTHER.replace(mutant.old, mutant.new)
    path = written(with_team() + mistaken + COUNTER)
    (outcome,) = check(find(str(path)), [mutant.rule])
    assert outcome.state == "failed"
    assert "the kit itself" not in outcome.words


def test_there_is_a_mistake_for_every_rule() -> None:
    proven = {mutant.rule for mutant in (*MUTANTS, *FURTHER_MUTANTS)}
    assert proven == {rule.number for rule in RULES}
