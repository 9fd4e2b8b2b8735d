"""Whatever Sentry, or something in its place, sends: counts, or an error in a sentence."""

from __future__ import annotations

import gzip
import json
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.sentry import sleuth_collect_counts, sleuth_validate_token
from plugins.sentry.counts import Window, from_stats
from sleuth.http import AllowedHosts, Client, Limits
from sleuth.plugin_api import CountSeries, ImpactConfig, TrackerContext, TrackerError
from tests.malformed import ALWAYS_THE_SAME, ANYTHING, malformed_bodies, usual

SINCE = 1_772_622_000
UNTIL = SINCE + 600
NOW = datetime.fromtimestamp(UNTIL, UTC) + timedelta(hours=1)
CONFIG = ImpactConfig("1", "2", "production", {"slug": "web"})
HASTY = Limits(total_seconds=0.4)
MOST_MEMORY = 30_000_000
"""Three times what an answer may have."""

Answer = Callable[[socket.socket], None]


class Liar:
    """A server in the place of Sentry that gives one answer to everything."""

    def __init__(self, raw_server: Callable[..., Any]) -> None:
        self.answer: Answer = lambda connection: None
        self.server = raw_server(lambda connection, _number: self.answer(connection))

    def says(self, body: bytes, *headers: str, status: str = "200 OK") -> Liar:
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        whole = "\r\n".join([*head, "", ""]).encode("latin-1") + body
        self.answer = lambda connection: connection.sendall(whole)
        return self

    def does(self, answer: Answer) -> Liar:
        self.answer = answer
        return self

    def context(self, limits: Limits | None = None) -> TrackerContext:
        client = Client("Sentry", AllowedHosts([self.server.url]), limits=limits)
        return TrackerContext(client, {"url": self.server.url}, {"token": "sntryu_0123456789"}, NOW)

    def counts(self, limits: Limits | None = None) -> CountSeries:
        since, until = (datetime.fromtimestamp(each, UTC) for each in (SINCE, UNTIL))
        return sleuth_collect_counts(
            tracker=self.context(limits), config=CONFIG, since=since, until=until
        )

    def refusal(self, limits: Limits | None = None) -> TrackerError:
        with pytest.raises(TrackerError) as caught:
            self.counts(limits)
        assert_is_a_sentence(caught.value.message)
        return caught.value


def assert_is_a_sentence(message: str) -> None:
    assert message[0].isupper()
    assert message[-1] in ".?"
    assert "Error" not in message
    assert "Traceback" not in message


@pytest.fixture
def liar(raw_server: Callable[..., Any]) -> Liar:
    return Liar(raw_server)


@pytest.fixture
def memory() -> Iterator[None]:
    """Refuse to take more than an honest answer needs."""
    tracemalloc.start()
    yield
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MOST_MEMORY


def test_the_answer_that_is_spoilt_below_is_a_good_one(liar: Liar) -> None:
    body = json.dumps(usual(SINCE, UNTIL)).encode()
    assert [count for _, count in liar.says(body).counts().points] == [1] * 10


@ALWAYS_THE_SAME
@given(body=malformed_bodies(SINCE, UNTIL))
def test_a_malformed_answer_is_an_error_in_a_sentence(liar: Liar, body: bytes) -> None:
    assert liar.says(body).refusal().reason in {"bad_answer", "forbidden"}


@ALWAYS_THE_SAME
@given(
    status=st.sampled_from(["301", "400", "401", "403", "418", "429", "500", "503", "599"]),
    document=ANYTHING | st.dictionaries(st.just("detail"), ANYTHING, min_size=1),
    name=st.sampled_from(["Retry-After", "X-Sentry-Rate-Limit-Reset", "Link", "Content-Type"]),
    value=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=30)
    | st.integers(-1, 10**40).map(str),
)
def test_a_refusal_of_any_shape_is_an_error_in_a_sentence(
    liar: Liar, status: str, document: Any, name: str, value: str
) -> None:
    body = json.dumps(document).encode()
    error = liar.says(body, f"{name}: {value}", status=f"{status} No").refusal()
    assert error.retry_after is None or error.retry_after >= 1


@ALWAYS_THE_SAME
@given(document=ANYTHING | st.fixed_dictionaries({"data": ANYTHING}))
def test_the_older_way_of_counting_is_read_as_strictly(document: Any) -> None:
    with pytest.raises(TrackerError) as caught:
        from_stats(document, Window(SINCE, UNTIL), NOW)
    assert_is_a_sentence(caught.value.message)


@pytest.mark.usefixtures("memory")
def test_a_hundred_megabytes_are_not_read(liar: Liar) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" " * 1_000_000)

    assert liar.does(flood).refusal().message == "Sentry gave an answer of more than 8 MB."


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    ("pack", "encoding"),
    [
        (gzip.compress, "gzip"),
        (zlib.compress, "deflate"),
        (lambda body: gzip.compress(gzip.compress(body)), "gzip, gzip"),
    ],
)
def test_what_unpacks_to_a_hundred_megabytes_is_not_unpacked(
    raw_server: Callable[..., Any], pack: Callable[[bytes], bytes], encoding: str
) -> None:
    tracemalloc.stop()
    bomb = pack(b" " * 100_000_000)
    tracemalloc.start()
    liar = Liar(raw_server).says(bomb, f"Content-Encoding: {encoding}")
    assert liar.refusal().message == "Sentry gave an answer of more than 8 MB."


def test_redirects_without_end_end(liar: Liar) -> None:
    error = liar.says(b"", "Location: /again", status="302 Found").refusal()
    assert error.message == "Sentry answered with more than 3 redirects in a row."


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_slow_drip_is_given_up(liar: Liar, head: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        while not liar.server.done.wait(0.02):
            connection.sendall(b"x")

    began = time.monotonic()
    assert liar.does(drip).refusal(HASTY).message == "Sentry took too long to answer."
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "text/plain", "image/png", "?"])
def test_what_does_not_call_itself_json_is_not_counted(liar: Liar, kind: str) -> None:
    body = json.dumps(usual(SINCE, UNTIL)).encode()
    assert liar.says(body, f"Content-Type: {kind}").refusal().reason == "bad_answer"


@pytest.mark.parametrize("kind", ["application/json", "application/vnd.api+json; charset=utf-8"])
def test_what_calls_itself_json_is_counted(liar: Liar, kind: str) -> None:
    body = json.dumps(usual(SINCE, UNTIL)).encode()
    assert len(liar.says(body, f"Content-Type: {kind}").counts().points) == 10


def test_a_refusal_is_repeated_in_words_and_not_as_a_program_writes_it(liar: Liar) -> None:
    body = b'{"error": "no", "reasons": ["late", null]}'
    with pytest.raises(TrackerError) as raised:
        liar.says(body, "Content-Type: application/json", status="401 Unauthorized").counts()
    assert raised.value.message.startswith(
        "Sentry refused the token: error: no, reasons: late. Generate"
    )


@pytest.mark.parametrize("identity", [None, ["11"], {"value": "11"}, 1.5])
def test_an_account_without_a_proper_id_is_not_recognized(liar: Liar, identity: Any) -> None:
    document = {"auth": {"scopes": ["org:read"]}, "user": {"id": identity, "name": "Ada"}}
    liar.says(json.dumps(document).encode(), "Content-Type: application/json")
    with pytest.raises(TrackerError, match="in a shape that is not known here") as raised:
        sleuth_validate_token(tracker=liar.context())
    assert raised.value.reason == "bad_answer"
