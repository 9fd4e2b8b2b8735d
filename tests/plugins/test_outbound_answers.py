"""What becomes of the body and the Link header of an answer."""

from __future__ import annotations

import pytest
from requests.structures import CaseInsensitiveDict

from sleuth.http import Answer
from sleuth.plugin_api import TrackerError


def answer(body: str | bytes, status: int = 200, **headers: str) -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    return Answer("Faraway", status, CaseInsensitiveDict(headers), raw)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("", "an empty answer"),
        ("  \n", "an empty answer"),
        ("<!doctype html><h1>Down</h1>", "a web page instead of data"),
        ('{"data": [[1, [{"cou', "breaks off in the middle"),
        ('{"data": [', "breaks off in the middle"),
        ('{"data": 1}}', "not the expected data"),
        ("rate limited", "not the expected data"),
        (b"\xff\xfe\x00", "not the expected data"),
        ("[" * 100_000, "not the expected data"),
    ],
)
def test_what_is_not_json_is_named(body: str | bytes, fault: str) -> None:
    with pytest.raises(TrackerError) as caught:
        answer(body, status=503).json()
    assert fault in caught.value.message
    assert "(status 503)" in caught.value.message
    assert caught.value.reason == "bad_answer"


def test_text_is_readable_whatever_the_bytes() -> None:
    assert answer(b"caf\xc3\xa9 \xff").text == "café �"


def test_the_next_link_comes_with_its_parameters() -> None:
    link = (
        '<https://far.test/?&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
        '<https://far.test/?&cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
    )
    assert answer("[]", link=link).next_link() == {
        "url": "https://far.test/?&cursor=0:100:0",
        "rel": "next",
        "results": "true",
        "cursor": "0:100:0",
    }


@pytest.mark.parametrize("link", ["", '<https://far.test/?page=1>; rel="first"', "nonsense"])
def test_without_a_next_link_there_is_nothing(link: str) -> None:
    assert answer("[]", Link=link).next_link() == {}


def test_the_body_is_not_in_the_repr() -> None:
    assert "secret" not in repr(answer("secret"))
