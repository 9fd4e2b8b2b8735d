from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sleuth import clock
from sleuth.web import formats

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=70), "2 months ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(minutes=-5), "in 5 minutes"),
    ],
)
def test_a_time_is_told_from_now(ago: timedelta, words: str) -> None:
    with clock.frozen(NOW):
        assert formats.relative_time(NOW - ago) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (80, "1 min 20 s"), (600, "10 min 0 s")]
)
def test_what_goes_on_says_for_how_long(seconds: int, words: str) -> None:
    assert formats.lasted(clock.now() - timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "less than a minute left"),
        (61, "about 2 minutes left"),
        (89 * 60, "about 89 minutes left"),
        (2 * 3600, "about 2 hours left"),
    ],
)
def test_what_is_left_is_rounded_up(seconds: int, words: str) -> None:
    assert formats.left_words(timedelta(seconds=seconds)) == words


def test_nothing_is_said_where_nothing_can_be_told() -> None:
    assert formats.left_words(None) == ""
    assert formats.share_left_words(None, 0.5) == ""


def test_a_share_tells_what_is_left() -> None:
    began = clock.now() - timedelta(minutes=2)
    assert formats.share_left_words(began, 0.5) == "about 2 minutes left"


@pytest.mark.parametrize(
    ("lapse", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=43), "43 minutes"),
        (timedelta(hours=47), "1 day"),
    ],
)
def test_a_lapse_is_told_in_its_largest_unit(lapse: timedelta, words: str) -> None:
    assert formats.time_between(NOW, NOW + lapse) == words


def test_a_moment_is_told_in_utc() -> None:
    assert formats.utc_time(NOW) == "4 Mar 2026, 12:00 UTC"


def test_thousands_are_set_apart() -> None:
    assert formats.number(1234567) == "1\u202f234\u202f567"


@pytest.mark.parametrize(
    ("per_minute", "words"),
    [
        (0, "0"),
        (0.001, "< 0.01"),
        (0.02, "0.02"),
        (0.5, "0.5"),
        (0.999, "1"),
        (1.44, "1.4"),
        (2.0, "2"),
        (12.4, "12"),
        (1234.5, "1\u202f234"),
    ],
)
def test_a_rate_has_sensible_digits(per_minute: float, words: str) -> None:
    assert formats.rate(per_minute) == words


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (1, 1.4, "+ 40 %"),
        (2, 1.5, "\u2212 25 %"),
        (0, 0, "+ 0 %"),
        (1, 1, "+ 0 %"),
        (0, 3, "new"),
        (1, 0, "\u2212 100 %"),
        (0.1, 200, "+ 199 900 %"),
    ],
)
def test_a_change_is_told_in_percent(before: float, after: float, words: str) -> None:
    assert formats.change(before, after).replace("\u202f", " ") == words


@pytest.mark.parametrize(("count", "words"), [(0, "0 deploys"), (1, "1 deploy"), (2, "2 deploys")])
def test_a_count_agrees_with_its_noun(count: int, words: str) -> None:
    assert formats.plural(count, "deploy") == words


def test_an_irregular_noun_brings_its_plural() -> None:
    assert formats.plural(2, "entry", "entries") == "2 entries"


@pytest.mark.parametrize(
    ("health", "reason", "word"),
    [
        ("improved", "", "Improved"),
        ("unhealthy", "", "Unhealthy"),
        ("unknown", "pending", "Not recorded yet"),
        ("unknown", "gap", "Unknown: counts are missing"),
        ("unknown", "no_source", "No impact source"),
        ("unknown", "", "Unknown"),
    ],
)
def test_a_health_has_a_word(health: str, reason: str, word: str) -> None:
    assert formats.health_word(health, reason) == word
