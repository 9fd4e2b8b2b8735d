"""The queue server that ./run starts itself."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from sleuth import config
from sleuth.serve import queue_server
from sleuth.serve.supervisor import StartError
from tests.operations.processes import wait_until


def values(data_dir: Path) -> dict[str, Any]:
    return config.load({"SLEUTH_DATA_DIR": str(data_dir)})


@pytest.mark.queue
def test_it_listens_on_a_private_socket_only(queue_url: str) -> None:
    server = Redis.from_url(queue_url)
    assert server.config_get("port") == {"port": "0"}
    socket = Path(queue_url.removeprefix("unix://").partition("?")[0])
    assert socket.stat().st_mode & 0o777 == 0o700
    assert socket.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.queue
def test_it_keeps_what_waits_when_it_is_killed(tmp_path: Path) -> None:
    child = queue_server.make_child(values(tmp_path))
    for expected in (None, b"job"):
        process = subprocess.Popen(child.command)
        wait_until(lambda: queue_server.is_ready(values(tmp_path)))
        server = Redis.from_url(config.redis_url(values(tmp_path)))
        assert server.get("waits") == expected
        server.set("waits", "job")
        process.kill()
        process.wait()


@pytest.mark.queue
def test_it_runs_where_the_path_is_too_long_for_a_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)
    process = subprocess.Popen(queue_server.make_child(values(deep)).command)
    wait_until(lambda: queue_server.is_ready(values(deep)))
    process.terminate()
    process.wait()
    folder = config.queue_socket(values(deep)).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()


def test_it_is_not_ready_before_it_is_started(tmp_path: Path) -> None:
    assert not queue_server.is_ready(values(tmp_path))


def test_without_a_server_program_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(queue_server, "candidates", lambda: iter(()))
    with pytest.raises(StartError, match=r"install redis-server .* or set SLEUTH_REDIS_URL"):
        queue_server.make_child(values(tmp_path))


def test_a_program_that_does_not_run_here_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign"
    foreign.write_bytes(b"\x00 made for another machine")
    foreign.chmod(0o755)
    programs = [str(tmp_path / "none"), str(foreign), "/bin/false", "/bin/true"]
    monkeypatch.setattr(queue_server, "candidates", lambda: iter(programs))
    assert queue_server.find_program() == "/bin/true"


def test_programs_on_the_path_come_after_the_embedded_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(queue_server, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "redis-server").symlink_to("/bin/true")
    assert list(queue_server.candidates()) == [str(tmp_path / "redis-server")]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "queue").write_text("in the way")
    with pytest.raises(StartError, match=r"The queue's folder .* cannot be used"):
        queue_server.make_child(values(tmp_path))
