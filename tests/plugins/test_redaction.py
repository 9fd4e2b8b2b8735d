"""Secrets in every form in which they usually leak."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from sleuth.redaction import Scrubber

SECRET = 'sntryu_1/2+3 "four" é5'


@pytest.mark.parametrize(
    "leak",
    [
        SECRET,
        f"Authorization: Bearer {SECRET}",
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        repr({"Authorization": SECRET}),
        '{"token": "sntryu_1/2+3 \\"four\\" \\u00e95"}',
        b64encode(SECRET.encode()).decode(),
        urlsafe_b64encode(SECRET.encode()).decode(),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
    ],
)
def test_a_secret_is_hidden_in_every_form(leak: str) -> None:
    hidden = Scrubber([SECRET])(f"before {leak} after")
    assert "[hidden]" in hidden
    assert "four" not in hidden
    assert leak not in hidden
    assert hidden.startswith("before ")
    assert hidden.endswith(" after")


@pytest.mark.parametrize("user", ["", "u", "us", "user"])
@pytest.mark.parametrize("rest", ["", ":x-oauth"])
def test_basic_authentication_is_hidden_whoever_the_user_is(user: str, rest: str) -> None:
    secret = "0123456789abcdef"
    encoded = b64encode(f"{user}:{secret}{rest}".encode()).decode()
    assert encoded[8:24] not in Scrubber([secret])(f"Basic {encoded}")


def test_a_secret_pasted_with_blanks_is_hidden_without_them() -> None:
    assert Scrubber(["  hunter2hunter2\n"])("sent hunter2hunter2") == "sent [hidden]"


@pytest.mark.parametrize(
    "pasted", ['"sntryu_0123456789"', "Bearer sntryu_0123456789", "sntryu_01234\n56789"]
)
def test_a_secret_is_hidden_as_it_is_sent_however_it_was_pasted(pasted: str) -> None:
    assert Scrubber([pasted])("sent sntryu_0123456789.") == "sent [hidden]."


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    assert Scrubber(["abcdef", "abcdef-123"])("x abcdef-123 y") == "x [hidden] y"


def test_a_short_secret_is_hidden_as_a_word_only() -> None:
    assert Scrubber(["in"])("nothing in, nothing out") == "nothing [hidden], nothing out"


def test_without_secrets_nothing_changes() -> None:
    assert Scrubber(["", " "])("as it was") == "as it was"


@pytest.mark.parametrize(
    "encode", [str, quote_plus, lambda text: b64encode(text.encode()).decode()]
)
@pytest.mark.parametrize("kept", [12, 18, 22])
def test_a_secret_that_was_cut_is_hidden_too(encode: Callable[[str], str], kept: int) -> None:
    secret = "sntryu_01234+56789/abcdef"
    cut = encode(secret)[:kept]
    assert Scrubber([secret])(f"Sent: {cut}") == "Sent: [hidden]"
    assert Scrubber([secret])(f"{cut}… and {cut}") == "[hidden]… and [hidden]"


def test_what_only_looks_like_the_beginning_of_a_secret_stays() -> None:
    assert Scrubber(["sntryu_0123456789abcdef"])("It begins with sntryu_.") == (
        "It begins with sntryu_."
    )
