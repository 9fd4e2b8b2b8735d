"""What plugins declare of inputs and lists is checked before anybody depends on it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sleuth.plugin_api import (
    Capabilities,
    Choice,
    CredentialField,
    FieldKind,
    ImpactConfig,
    ImpactField,
    TrackerInfo,
)
from sleuth.redaction import Scrubber
from sleuth.trackers import answers, load
from sleuth.trackers.errors import ContractError
from sleuth.trackers.info import checked_fields, checked_info
from sleuth.trackers.patterns import (
    LONGEST_TRIED,
    LONGEST_TRIED_IN_FULL,
    fits,
    problem_of,
    variable_parts,
)

PROJECT = ImpactField("project", "Project", "remote_project")
HOOK = frozenset({"sleuth_list_choices"})
NOW = datetime(2026, 3, 4, 12, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(a+)+", "repeats a group"),
        ("(a|a)*b", "repeats a group"),
        ("(a){2,}", "repeats a group"),
        ("a*a*a*a*b", "more than 3 parts"),
        ("a?" * 30 + "a" * 30, "more than 3 parts"),
        ("(?i)a", "flags, names"),
        ("(?=a)", "flags, names"),
        (r"(a)\1", "flags, names"),
        ("(", "is no regular expression"),
        ("a{1,99999999999}", "is no regular expression"),
        ("a" * 201, "longer than 200"),
    ],
)
def test_a_pattern_that_could_do_harm_is_refused_at_load(pattern: str, problem: str) -> None:
    assert problem in problem_of(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "hg_[0-9a-f]{8}",
        r"[^@\s]+@[^@\s]+\.[a-z]+",
        "(?:eu|us)-[0-9]+",
        r"\(?\d+\)?",
        "[*+?|.,-]+",
        r"[]*+?|]+\]*",
        r"[^\]*+?|]+",
        r"a\*b\+c\?d\|e\{2,\}",
        r"\(\)+",
        "[(?=]+",
        "x{a}{}",
        r"[\1]",
        "a+?b*?c??",
    ],
)
def test_patterns_as_tokens_have_them_are_fine(pattern: str) -> None:
    assert problem_of(pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("a", 0),
        ("a{3}b{3}?", 0),
        ("a*", 1),
        ("a{2,}b{,3}c{1,2}", 3),
        ("a*+b++c?+", 3),
        ("a|b|c", 2),
        (r"\\*", 1),
        (r"\\\*", 0),
        ("[a*]*", 1),
        ("[]]*[^]]*", 2),
    ],
)
def test_the_parts_of_a_pattern_that_vary_are_counted(pattern: str, parts: int) -> None:
    assert variable_parts(pattern) == parts


@pytest.mark.parametrize(
    ("pattern", "length"),
    [
        (r"[a-z]*[a-z]*[a-z]*\d", LONGEST_TRIED_IN_FULL),
        (r"(?:[a-z]+)[a-z]*(?:x|[a-z])\d", LONGEST_TRIED_IN_FULL),
        (r"[a-z]*[a-z]*\d", LONGEST_TRIED),
        (r"[a-z]+\d", LONGEST_TRIED),
    ],
)
def test_the_more_parts_vary_the_shorter_is_what_is_tried(pattern: str, length: int) -> None:
    assert problem_of(pattern) == ""
    assert not fits(pattern, "a" * length)
    assert fits(pattern, "a" * (length + 1)), "left to the tracker"


@pytest.mark.parametrize("length", [LONGEST_TRIED, LONGEST_TRIED_IN_FULL])
def test_what_is_tried_takes_few_steps_at_worst(length: int) -> None:
    varying = 2 if length == LONGEST_TRIED else 3
    assert math.comb(length + varying, varying) < 1_500_000


def test_a_pattern_has_to_match_all_of_a_text() -> None:
    assert fits("[a-z]+", "abc")
    assert not fits("[a-z]+", "abc1")
    assert not fits("[a-z]+", "abc\n")
    assert fits("", "anything")


def test_a_text_too_long_to_be_tried_is_left_to_the_tracker() -> None:
    assert fits("[a-z]+", "1" * (LONGEST_TRIED + 1))


def choice(name: str = "team", **more: object) -> ImpactField:
    return replace(ImpactField(name, name.title(), "choice"), **more)


def unusable() -> Iterator[tuple[list[ImpactField], frozenset[str], str]]:
    listed = (Choice("1", "One"),)
    text = ImpactField("x", "X", "text")
    nothing: frozenset[str] = frozenset()
    yield [choice()], nothing, "team has no choices and no sleuth_list_choices hook"
    yield [choice(choices=listed * 2)], HOOK, "two of them have the same value"
    yield [choice(choices=(Choice("", "None"),))], HOOK, "a value is empty"
    yield [choice(choices=(Choice("a\nb", "Two lines"),))], HOOK, "not printable"
    yield [choice(choices=(Choice(" a", "Indented"),))], HOOK, "in spaces"
    yield [choice(choices=(Choice("x" * 256, "Long"),))], HOOK, "longer than 255"
    yield [choice(choices=listed, depends_on=("project",))], HOOK, "cannot depend on others"
    yield [choice(depends_on=("later",)), choice("later")], HOOK, "which is no choice before it"
    yield [choice(depends_on=("team",))], HOOK, "which is no choice before it"
    yield [text, choice(depends_on=("x",))], HOOK, "which is no choice before it"
    yield [replace(text, choices=listed)], HOOK, "x has choices but is not of kind choice"
    yield [replace(text, depends_on=("project",))], HOOK, "x depends on others but is not"
    yield [replace(text, pattern="(a+)+", pattern_message="No.")], HOOK, "repeats a group"
    yield [replace(text, pattern="a+")], HOOK, "x has a pattern without a pattern_message"
    yield [choice(pattern="a", pattern_message="No.")], HOOK, "has a pattern but is no text"
    yield [ImpactField("x" * 65, "X", "text")], HOOK, "64 at most"


@pytest.mark.parametrize(("fields", "hooks", "problem"), list(unusable()))
def test_inputs_that_make_no_sense_are_refused(
    fields: list[ImpactField], hooks: frozenset[str], problem: str
) -> None:
    with pytest.raises(ContractError) as caught:
        checked_fields([PROJECT, *fields], hooks)
    assert problem in str(caught.value)


def test_lists_may_depend_on_the_project_and_on_earlier_choices() -> None:
    fields = [PROJECT, choice(depends_on=("project",)), choice("b", depends_on=("team",))]
    assert checked_fields(fields, HOOK) == tuple(fields)


@pytest.mark.parametrize("kind", ["text", "checkbox", "choice", "remote_project"])
def test_only_the_project_is_a_remote_project(kind: FieldKind) -> None:
    with pytest.raises(ContractError):
        checked_fields([ImpactField("environment", "E", kind)], HOOK)


@pytest.mark.parametrize(
    ("field", "able", "problem"),
    [
        (CredentialField("token", " "), Capabilities(), "credential field token has no label"),
        (CredentialField("t", "T", pattern="["), Capabilities(), "is no regular expression"),
        (CredentialField("t", "T", pattern="a"), Capabilities(), "without a pattern_message"),
        (
            CredentialField("t", "T"),
            Capabilities(has_unlisted_environments=True),
            "has_unlisted_environments is set without lists_environments",
        ),
    ],
)
def test_credentials_that_make_no_sense_are_refused(
    field: CredentialField, able: Capabilities, problem: str
) -> None:
    info = TrackerInfo("x", "X", "Enable X.", (field,), capabilities=able)
    with pytest.raises(ContractError) as caught:
        checked_info(info, frozenset())
    assert problem in str(caught.value)


def test_labels_of_choices_are_made_fit_to_be_shown() -> None:
    given = [Choice("1", "One\x1b[31m\n of  s3cret-token"), Choice("2", "\x00")]
    scrub = Scrubber(["s3cret-token"])
    assert answers.choices(given, scrub) == [Choice("1", "One of [hidden]"), Choice("2", "2")]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([Choice("1", "One"), Choice("1", "Two")], "two of them have the same value"),
        ([Choice("a\x00", "A")], "not printable"),
        ((Choice("1", "One"),), "choices is tuple, not list"),
        ([("1", "One")], "is tuple, not Choice"),
        ([Choice(1, "One")], ".value is int, not str"),
    ],
)
def test_lists_that_cannot_be_offered_are_a_fault_of_the_plugin(
    answer: object, problem: str
) -> None:
    with pytest.raises(ContractError) as caught:
        answers.choices(answer, Scrubber())
    assert problem in str(caught.value)


def test_a_tracker_that_only_knows_the_last_hours_is_asked_up_to_now() -> None:
    dummies = Path(__file__).parent.parent / "dummies"
    tracker = load({"SLEUTH_PLUGINS_DIR": str(dummies)}).trackers["hourglass"]
    until = NOW.replace(minute=0) - 5 * HOUR
    config = ImpactConfig("", "shop", "production")
    series = tracker.collect_counts({}, config, until - 3 * HOUR, until, NOW)
    assert [start for start, _count in series.points] == [until - n * HOUR for n in (3, 2, 1)]
    assert series.complete_until == until
