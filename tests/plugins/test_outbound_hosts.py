"""Which hosts may be sent credentials."""

from __future__ import annotations

import pytest

from sleuth.http import AllowedHosts, is_host_within


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("sentry.io", "sentry.io"),
        ("us.sentry.io", "sentry.io"),
        ("US.Sentry.IO.", "sentry.io"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
    ],
)
def test_a_host_is_within_itself_and_what_is_above_it(host: str, base: str) -> None:
    assert is_host_within(host, base)


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("sentry.io", "us.sentry.io"),
        ("evilsentry.io", "sentry.io"),
        ("sentry.io.evil.test", "sentry.io"),
        ("1.127.0.0.1", "127.0.0.1"),
        ("", "sentry.io"),
        ("sentry.io", ""),
    ],
)
def test_other_hosts_are_not(host: str, base: str) -> None:
    assert not is_host_within(host, base)


def test_a_plain_http_address_allows_http_to_its_host_and_below_on_any_port() -> None:
    allowed = AllowedHosts(["http://stand-in.test:8301", "far.test"])
    assert allowed.refusal("http://stand-in.test:9999/") == ""
    assert allowed.refusal("http://us.stand-in.test/") == ""
    assert allowed.refusal("https://stand-in.test/") == ""
    assert "without https" in allowed.refusal("http://far.test/")


def test_without_any_host_nothing_is_allowed() -> None:
    assert AllowedHosts([]).refusal("https://far.test/") == "calling far.test is not allowed"
