"""What ``./run demo`` decides before anything runs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sleuth.demo import RESET_FILE
from sleuth.serve import demo


def test_it_keeps_away_from_real_data() -> None:
    real = {
        "SLEUTH_DATA_DIR": "/srv/sleuth",
        "SLEUTH_DATABASE_URL": "postgresql://db/sleuth",
        "SLEUTH_REDIS_URL": "redis://queue",
        "SLEUTH_SENTRY_URL": "https://sentry.io",
    }
    found = demo.environ(real)
    assert found["SLEUTH_DATA_DIR"] == "/srv/sleuth/demo"
    assert found["SLEUTH_DATABASE_URL"] == found["SLEUTH_REDIS_URL"] == ""
    assert found["SLEUTH_SENTRY_URL"].startswith("http://127.0.0.1:")


def test_it_lives_below_the_usual_data_directory() -> None:
    assert demo.environ({})["SLEUTH_DATA_DIR"] == "var/demo"


def test_it_takes_the_port_that_the_operator_names() -> None:
    found = demo.environ({"SLEUTH_SANDBOX_PORT": "8888"})
    assert found["SLEUTH_SENTRY_URL"] == "http://127.0.0.1:8888"
    assert demo.children(found)[0].command[-1] == "8888"


def test_it_passes_over_ports_of_which_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(demo, "FIRST_PORT", port - 1)
        assert int(demo.environ({})["SLEUTH_SANDBOX_PORT"]) >= port + 2


@pytest.mark.parametrize("port", ["8200", "8201", "8202"])
def test_it_leaves_the_web_server_its_port(port: str) -> None:
    first = int(demo.environ({"SLEUTH_PORT": port})["SLEUTH_SANDBOX_PORT"])
    assert int(port) not in range(first, first + 3)


def test_a_reset_is_asked_for_by_a_file(tmp_path: Path) -> None:
    demo.ask_for_reset(tmp_path)
    assert (tmp_path / RESET_FILE).exists()
