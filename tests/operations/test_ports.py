"""What servers under test listen on."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.operations import ports
from tests.operations.ports import free_port

GIVEN_TO_CONNECTIONS = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(not GIVEN_TO_CONNECTIONS.exists(), reason="only Linux says so")
def test_a_free_port_is_none_that_a_connection_is_given_meanwhile() -> None:
    first, last = map(int, GIVEN_TO_CONNECTIONS.read_text().split())
    assert not set(range(first, last + 1)) & set(ports.BELOW_CONNECTIONS)
    assert free_port() in ports.BELOW_CONNECTIONS


def test_a_port_that_somebody_listens_on_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port, other = taken.getsockname()[1], free_port()
        monkeypatch.setattr(ports, "BELOW_CONNECTIONS", [port, other])
        assert {free_port() for _ in range(20)} == {other}
