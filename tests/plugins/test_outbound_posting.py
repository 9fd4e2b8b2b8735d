"""Posting to hosts that users name: public ones only, looked at when the connection is made."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sleuth.http import AllowedHosts, Limits, post, public
from sleuth.plugin_api import TrackerError
from tests.plugins.test_outbound_http import self_signed_certificate

PUBLIC = "93.184.216.34"
URL = "https://hooks.example.com/s3cret"


def send(url: str, *named: str, limits: Limits | None = None) -> int:
    limits = limits or Limits(connect_seconds=1, read_seconds=1, total_seconds=2)
    return post(url, b"{}", {}, name="Hook", named=AllowedHosts(named), limits=limits).status


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names mean; addresses mean themselves."""
    known: dict[str, list[str]] = {}

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        found = known.get(host, [host])
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where connections were attempted; all are refused."""
    attempted: list[Any] = []

    def refuse(_socket: socket.socket, address: Any) -> None:
        attempted.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return attempted


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::808:808"],
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert public.is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b:1::7f00:1",
        "::ffff:0:7f00:1",
        "::7f00:1",
        "fec0::1",
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "nonsense",
        "",
    ],
)
def test_any_other_is_not(address: str) -> None:
    assert not public.is_public(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
def test_a_name_that_leads_into_a_private_network_is_refused(names, connections, address) -> None:
    names["hooks.example.com"] = [address]
    with pytest.raises(TrackerError, match=r"hooks\.example\.com is not a public") as caught:
        send(URL)
    assert caught.value.permanent
    assert not connections


def test_one_private_address_among_public_ones_is_enough_to_refuse(names, connections) -> None:
    names["hooks.example.com"] = [PUBLIC, "10.0.0.1"]
    with pytest.raises(TrackerError, match="not a public address"):
        send(URL)
    assert not connections


def test_what_was_looked_at_is_what_is_connected_to(names, connections, monkeypatch) -> None:
    names["hooks.example.com"] = [PUBLIC, "1.1.1.1"]
    resolve, asked = socket.getaddrinfo, []

    def rebind(host: str, port: int, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        found = resolve(host, port, *rest, **more)
        names["hooks.example.com"] = ["127.0.0.1"]
        return found

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    with pytest.raises(TrackerError, match="refused the connection"):
        send(URL)
    assert connections == [(PUBLIC, 443), ("1.1.1.1", 443)]
    assert asked.count("hooks.example.com") == 1


def test_a_proxy_of_the_environment_is_not_used(names, connections, monkeypatch) -> None:
    monkeypatch.setenv("https_proxy", "http://10.0.0.9:3128")
    names["hooks.example.com"] = [PUBLIC]
    with pytest.raises(TrackerError):
        send(URL)
    assert connections == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://127.0.0.1/",
        "ftp://a.test/",
        "https://hooks..example.com/",
        f"https://{'a' * 64}.example.com/",
    ],
)
def test_what_cannot_be_public_is_not_even_resolved(url: str, no_sockets: None) -> None:
    with pytest.raises(TrackerError) as caught:
        send(url)
    assert caught.value.reason == "forbidden"


def test_the_certificate_has_to_be_that_of_the_name(
    raw_server: Callable[..., Any],
    http_answer: Callable[..., bytes],
    names: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificate = self_signed_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(connection: socket.socket, _number: int) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(65536)
            wrapped.sendall(http_answer(b"ok"))

    server = raw_server(serve, reads_request=False)
    monkeypatch.setattr(public, "is_public", lambda _address: True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    names["hooks.example.com"] = ["127.0.0.1"]
    with pytest.raises(TrackerError, match=r"certificate of hooks\.example\.com was not"):
        send(f"https://hooks.example.com:{server.port}/")


def test_a_host_that_the_operator_named_may_be_private(answering: Callable[..., Any]) -> None:
    server = answering(b"{}", status="202 Accepted")
    assert send(f"{server.url}/x", "http://127.0.0.1") == 202
    assert server.requests[0].startswith("POST /x HTTP/1.1")


def test_the_log_names_the_host_and_not_the_path(
    answering: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    server = answering()
    with caplog.at_level(logging.DEBUG):
        send(f"{server.url}/s3cret", "http://127.0.0.1")
    assert "Hook: POST 127.0.0.1: 200" in caplog.text
    assert "s3cret" not in caplog.text
