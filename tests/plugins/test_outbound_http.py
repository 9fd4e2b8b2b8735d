"""The outbound client against loopback servers that misbehave."""

from __future__ import annotations

import datetime as dt
import gzip
import logging
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from threading import enumerate as enumerate_threads
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sleuth import __version__
from sleuth.http import AllowedHosts, Client, Limits, expendable
from sleuth.plugin_api import TrackerError
from sleuth.redaction import Scrubber

SMALL = Limits(max_bytes=1000)
HASTY = Limits(total_seconds=0.3)


def client(*hosts: str, limits: Limits = SMALL, **options: Any) -> Client:
    return Client("Faraway", AllowedHosts(hosts), limits=limits, **options)


def failure(url: str, *hosts: str, **options: Any) -> TrackerError:
    with pytest.raises(TrackerError) as caught:
        client(*(hosts or (url,)), **options).get(url)
    assert caught.value.__context__ is None, "requests' own errors hold addresses and headers"
    return caught.value


def test_an_answer_has_status_headers_and_data(answering: Callable[..., Any]) -> None:
    server = answering(b'{"a": 1}', "X-Left: 7", status="418 Teapot")
    answer = client(server.url).get(f"{server.url}/x", params=[("q", "a b")])
    assert (answer.status, answer.headers["x-left"], answer.json()) == (418, "7", {"a": 1})
    assert server.requests[0].startswith("GET /x?q=a+b HTTP/1.1")
    assert f"User-Agent: sleuth/{__version__} (+error impact collector)" in server.requests[0]


def test_a_packed_answer_is_unpacked(answering: Callable[..., Any]) -> None:
    server = answering(gzip.compress(b"[1, 2]"), "Content-Encoding: gzip")
    assert client(server.url).get(server.url).json() == [1, 2]


def test_headers_of_the_plugin_are_sent_whatever_netrc_says(
    answering: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server = answering()
    client(server.url).get(server.url, headers={"Authorization": "Bearer mine"})
    assert "Authorization: Bearer mine" in server.requests[0]


def test_connections_are_kept_alive(
    raw_server: Callable[..., Any], http_answer: Callable[..., bytes]
) -> None:
    def script(connection: socket.socket, _number: int) -> None:
        for _ in range(2):
            connection.sendall(http_answer().replace(b"Connection: close", b"X-Open: yes"))
            connection.recv(65536)

    server = raw_server(script)
    browser = client(server.url)
    assert [browser.get(server.url).status for _ in range(2)] == [200, 200]
    assert len(server.requests) == 1, "the second request came on the same connection"


def test_cookies_are_not_kept(answering: Callable[..., Any]) -> None:
    server = answering(b"{}", "Set-Cookie: who=ada")
    browser = client(server.url)
    browser.get(server.url)
    browser.get(server.url)
    assert "Cookie" not in server.requests[1]


@pytest.mark.parametrize("value", ["two\nlines", "accenté", " padded"])
def test_credentials_that_cannot_be_sent_are_called_that(value: str) -> None:
    with pytest.raises(TrackerError, match="Copy them from Faraway again") as caught:
        client("far.test").get("https://far.test", headers={"Authorization": value})
    assert caught.value.reason == "credentials"


# Where it may go


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/",
        "https://far.test.evil.test/",
        "https://notfar.test/",
        "https://far.test@evil.test/",
        "https://evil.test\\@far.test/",
        "http://far.test/",
        "ftp://far.test/",
        "https:///path",
        "https://[far.test/",
        "far.test",
    ],
)
def test_only_allowed_hosts_are_called(url: str, no_sockets: None) -> None:
    assert failure(url, "far.test").reason == "forbidden"


def test_a_redirect_within_the_allowed_hosts_is_followed(
    raw_server: Callable[..., Any], http_answer: Callable[..., bytes]
) -> None:
    def script(connection: socket.socket, number: int) -> None:
        moved = http_answer(b"", "Location: /there", status="302 Found")
        connection.sendall(http_answer(b"[5]") if number else moved)

    server = raw_server(script)
    answer = client(server.url).get(f"{server.url}/here", headers={"Authorization": "Bearer x"})
    assert answer.json() == [5]
    assert server.requests[1].startswith("GET /there ")
    assert "Authorization: Bearer x" in server.requests[1]


def test_a_redirect_to_another_host_is_not_followed(answering: Callable[..., Any]) -> None:
    elsewhere = answering()
    target = elsewhere.url.replace("127.0.0.1", "localhost")
    server = answering(b"", f"Location: {target}", status="302 Found")
    error = failure(server.url)
    assert (
        error.message == "Faraway answered with a redirect, but calling localhost is not allowed."
    )
    assert elsewhere.requests == []


def test_a_redirect_away_from_https_is_not_followed() -> None:
    allowed = AllowedHosts(["far.test"])
    assert allowed.refusal("http://far.test/") == "calling far.test without https is not allowed"


def test_redirects_in_circles_end(answering: Callable[..., Any]) -> None:
    server = answering(b"", "Location: /again", status="307 Temporary Redirect")
    assert failure(server.url).message == ("Faraway answered with more than 3 redirects in a row.")
    assert len(server.requests) == 4


def test_a_redirect_without_a_target_is_an_answer(answering: Callable[..., Any]) -> None:
    server = answering(b"", status="304 Not Modified")
    assert client(server.url).get(server.url).status == 304


# What can go wrong on the way


def test_a_name_nobody_knows_is_said_to_be_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: Any, **_options: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure("https://far.test/?token=abc", "far.test")
    assert error.message.startswith("Faraway could not be reached: the name far.test could not")
    assert error.reason == "unavailable"


def test_a_refused_connection_is_said_to_be_that(answering: Callable[..., Any]) -> None:
    server = answering()
    server.close()
    assert "127.0.0.1 refused the connection" in failure(server.url).message


def test_a_connection_nobody_takes_is_said_to_be_that() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        url = f"http://127.0.0.1:{address[1]}"
        limits = Limits(connect_seconds=0.1, total_seconds=5)
        assert "did not take the connection in time" in failure(url, limits=limits).message
        for each in waiting:
            each.close()


def test_a_silent_server_is_given_up(raw_server: Callable[..., Any]) -> None:
    server = raw_server(lambda _connection, _number: server.done.wait(5))
    limits = Limits(read_seconds=0.1, total_seconds=5)
    assert failure(server.url, limits=limits).message.startswith("Faraway took too long")
    assert len(server.requests) == 1, "a server that is slow is not asked twice"


@pytest.mark.parametrize("guard", [nullcontext, expendable])
def test_a_dripping_body_is_given_up(raw_server: Callable[..., Any], guard: Any) -> None:
    def drip(connection: socket.socket, _number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
        while not server.done.wait(0.05):
            connection.sendall(b" ")

    server = raw_server(drip)
    with guard():
        assert failure(server.url, limits=HASTY).message.startswith("Faraway took too long")


@pytest.mark.parametrize(("guard", "helpers"), [(nullcontext, 1), (expendable, 0)])
def test_a_thread_that_is_given_up_anyway_needs_no_other(
    raw_server: Callable[..., Any], guard: Any, helpers: int
) -> None:
    seen, before = [], set(enumerate_threads())

    def note(connection: socket.socket, _number: int) -> None:
        seen.extend(each.name for each in {*enumerate_threads()} - before)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    server = raw_server(note)
    with guard():
        client(server.url).get(server.url)
    assert seen.count("tracker request") == helpers


def test_dripping_headers_are_given_up(raw_server: Callable[..., Any]) -> None:
    def drip(connection: socket.socket, _number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not server.done.wait(0.05):
            connection.sendall(b"x")

    server = raw_server(drip)
    assert failure(server.url, limits=HASTY).message.startswith("Faraway took too long")


def test_too_large_an_answer_is_not_read(raw_server: Callable[..., Any]) -> None:
    def flood(connection: socket.socket, _number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not server.done.is_set():
            connection.sendall(b"x" * 65536)

    server = raw_server(flood)
    error = failure(server.url)
    assert error.message == "Faraway gave an answer of more than 0.001 MB."
    assert error.reason == "bad_answer"


def test_a_small_answer_that_unpacks_to_a_large_one_is_not_read(
    answering: Callable[..., Any],
) -> None:
    server = answering(gzip.compress(b"x" * 1_000_000), "Content-Encoding: gzip")
    assert "more than 0.001 MB" in failure(server.url).message


def test_an_answer_that_cannot_be_unpacked_is_said_to_be_that(
    answering: Callable[..., Any],
) -> None:
    server = answering(b"not gzip at all", "Content-Encoding: gzip")
    assert "could not be unpacked" in failure(server.url).message


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_reset_connection_is_tried_once_more(
    raw_server: Callable[..., Any], http_answer: Callable[..., bytes]
) -> None:
    def script(connection: socket.socket, number: int) -> None:
        reset(connection) if number == 0 else connection.sendall(http_answer(b"[1]"))

    server = raw_server(script)
    assert client(server.url).get(server.url).json() == [1]


def test_a_connection_reset_again_is_given_up(raw_server: Callable[..., Any]) -> None:
    server = raw_server(lambda connection, _number: reset(connection))
    assert "closed the connection before it had answered" in failure(server.url).message
    assert len(server.requests) == 2


@pytest.mark.parametrize("head", ["Content-Length: 99", "Transfer-Encoding: chunked"])
def test_an_answer_shorter_than_announced_is_said_to_be_that(
    raw_server: Callable[..., Any], head: str
) -> None:
    start = f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode()
    server = raw_server(lambda connection, _number: connection.sendall(start + b"5\r\n[1"))
    assert "broke off before its end" in failure(server.url).message


def test_something_that_is_not_http_is_a_failed_connection(
    raw_server: Callable[..., Any],
) -> None:
    server = raw_server(lambda connection, _number: connection.sendall(b"SSH-2.0-hello\r\n"))
    assert "the connection to 127.0.0.1 failed" in failure(server.url).message


def test_a_proxy_that_does_not_work_is_said_to_be_that(
    answering: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = answering()
    proxy.close()
    monkeypatch.setenv("https_proxy", proxy.url)
    assert "the proxy this server is told to use" in failure("https://far.test").message


def test_a_certificate_nobody_vouches_for_is_not_accepted(
    raw_server: Callable[..., Any], tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed_certificate(tmp_path))
    server = raw_server(
        lambda connection, _number: context.wrap_socket(connection, server_side=True),
        reads_request=False,
    )
    error = failure(server.url.replace("http:", "https:"))
    assert "the certificate of 127.0.0.1 was not accepted" in error.message


def test_a_server_without_tls_is_said_to_be_that(answering: Callable[..., Any]) -> None:
    server = answering()
    assert "does not speak TLS" in failure(server.url.replace("http:", "https:")).message


# What is logged


def test_the_log_names_host_path_and_status_but_no_query_and_no_secret(
    answering: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = answering(status="404 Not Found")
    scrubbing = client(server.url, scrub=Scrubber(["hunter2hunter2"]))
    scrubbing.get(
        f"{server.url}/by/hunter2hunter2/x",
        params=[("access_token", "topsecret")],
        headers={"Authorization": "Bearer hunter2hunter2"},
    )
    assert "Faraway: GET 127.0.0.1/by/[hidden]/x: 404 in" in caplog.text
    assert "topsecret" not in caplog.text
    assert "hunter2" not in caplog.text


def test_a_broken_header_does_not_put_the_address_into_the_log(
    raw_server: Callable[..., Any], caplog: Any
) -> None:
    def script(connection: socket.socket, _number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nbroken\r\n: x\r\nContent-Length: 2\r\n\r\n{}")

    caplog.set_level(logging.DEBUG)
    server = raw_server(script)
    client(server.url).get(server.url, params=[("auth_token", "s3cret-in-the-query")])
    assert "s3cret" not in caplog.text


def test_the_log_says_when_there_was_no_answer(
    answering: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = answering()
    server.close()
    failure(server.url)
    assert "no answer in" in caplog.text


def self_signed_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return pem
