"""One command for everything: what an operator sees of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
import redis
import rq
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from rq.serializers import JSONSerializer

from sleuth import config
from sleuth.config import ROOT
from sleuth.queue import JOBS_QUEUE
from tests.operations.house import House
from tests.operations.jobs import notes_of
from tests.operations.newcomer import Newcomer
from tests.operations.processes import kill, wait_until

PAGES = "sleuth.serve.web pages"
ALL_PROCESSES = 9
"""Below the supervisor: web server with two, crew with four, queue server."""

PATIENT = Retry(ConstantBackoff(0.1), 100)


def enqueue(house: House, job: str, *ids: int) -> None:
    """Enqueue one of the tests' jobs, as a page would."""
    url = config.redis_url(config.load({"SLEUTH_DATA_DIR": str(house.data_dir)}))
    queue = rq.Queue(JOBS_QUEUE, connection=redis.Redis.from_url(url), serializer=JSONSerializer)
    queue.enqueue(f"tests.operations.jobs.{job}", args=ids)


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation that runs; what it printed is in ``printed``."""
    house = House([sys.executable, "-m", "sleuth.serve"], tmp_path_factory.mktemp("house") / "var")
    try:
        house.open()
        yield house
    finally:
        house.end()


@pytest.mark.queue
class TestRunning:
    """An installation that runs."""

    def test_the_address_is_printed_and_answers(self, lived_in: House) -> None:
        assert lived_in.printed.startswith("Sleuth runs at http://127.0.0.1:")
        assert lived_in.get().status_code in (200, 302)

    def test_the_set_up_code_is_printed_while_nobody_can_sign_in(self, lived_in: House) -> None:
        code = (lived_in.data_dir / "setup-code").read_text().strip()
        assert f"the set-up page asks for {code}" in lived_in.printed

    def test_the_data_is_nobody_elses_business(self, lived_in: House) -> None:
        files = [path for path in lived_in.data_dir.rglob("*") if not path.is_socket()]
        assert [path for path in files if path.stat().st_mode & 0o077] == []

    def test_a_job_is_run_by_the_worker(self, lived_in: House) -> None:
        enqueue(lived_in, "leave_note", 7)
        wait_until(lambda: notes_of(lived_in.data_dir))
        assert [note[:6] for note in notes_of(lived_in.data_dir)] == ["job 7 "]

    def test_a_second_start_in_the_same_place_is_refused(self, lived_in: House) -> None:
        second = House(lived_in.command, lived_in.data_dir)
        second.log = lived_in.data_dir.parent / "second.log"
        code, said = second.refuse()
        assert code == 1
        assert said == (
            "Sleuth cannot start: Another ./run already serves the data directory "
            f"{lived_in.data_dir}.\n"
        )

    @pytest.mark.parametrize("role", ["worker", "collector"])
    def test_what_runs_jobs_lets_pages_go_first(self, lived_in: House, role: str) -> None:
        def niceness(word: str) -> list[int]:
            found = []
            for pid in lived_in.find(word):
                with suppress(ProcessLookupError):  # a job that has ended meanwhile
                    found.append(os.getpriority(os.PRIO_PROCESS, pid))
            return found

        def is_behind() -> bool:
            own, pages = niceness(f"sleuth.serve.worker {role}"), niceness("sleuth.serve.web")
            return bool(own and pages) and min(own) > max(pages)

        wait_until(is_behind)
        assert is_behind(), "and it stays so"

    @pytest.mark.parametrize(
        ("word", "number"),
        [
            ("sleuth.serve.web --listen", 1),
            (PAGES, 2),
            ("sleuth.serve.crew", 1),
            ("sleuth.serve.worker worker", 2),
            ("sleuth.serve.worker collector", 1),
            ("sleuth.serve.tick", 1),
            ("queue.sock", 1),
        ],
    )
    def test_what_dies_is_started_again(self, lived_in: House, word: str, number: int) -> None:
        wait_until(lambda: len(lived_in.find(word)) >= number)
        killed = lived_in.find(word)[0]
        kill(killed)

        def is_back() -> bool:
            found = lived_in.find(word)
            return len(found) >= number and killed not in found

        wait_until(is_back)
        assert lived_in.get().status_code in (200, 302)

    def test_pages_are_answered_while_one_of_those_that_answer_them_is_dead(
        self, lived_in: House
    ) -> None:
        wait_until(lambda: len(lived_in.find(PAGES)) == 2)
        killed, other = lived_in.find(PAGES)
        kill(killed)
        assert lived_in.get().status_code in (200, 302)
        assert set(lived_in.find(PAGES)) <= {killed, other}, "nobody had to take its place first"

    def test_wrong_attempts_are_known_to_whichever_process_answers(self, lived_in: House) -> None:
        def attempt() -> int:
            stranger = Newcomer(lived_in.address)
            stranger.get("/setup")
            return stranger.post("/setup", code="aaaa-bbbb-cccc-dddd").status_code

        url = config.redis_url(config.load({"SLEUTH_DATA_DIR": str(lived_in.data_dir)}))
        wait_until(redis.Redis.from_url(url, retry=PATIENT).ping)
        answers = [attempt() for _ in range(21)]
        assert answers[-1] == 429
        before = lived_in.find(PAGES)
        for each in before:
            kill(each)
        wait_until(lambda: not set(before) & set(lived_in.find(PAGES)))
        assert attempt() == 429

    def test_the_doctor_finds_nothing_wrong(self, lived_in: House) -> None:
        command = [sys.executable, "-m", "sleuth", "doctor"]
        ended = subprocess.run(
            command, check=False, cwd=ROOT, env=lived_in.environ(), capture_output=True, text=True
        )
        assert (ended.returncode, "FAILED" in ended.stdout) == (0, False)


@pytest.mark.queue
def test_everything_stops_in_order_within_ten_seconds_even_if_a_job_runs(house: House) -> None:
    house.open()
    enqueue(house, "wait", 60)
    wait_until(lambda: notes_of(house.data_dir))
    assert house.stop() < 10
    assert house.process is not None
    assert (house.process.returncode, house.left()) == (0, [])
    assert "Traceback" not in house.log.read_text()


@pytest.mark.queue
def test_nothing_outlives_a_supervisor_that_is_killed(house: House) -> None:
    house.open()
    enqueue(house, "wait", 60)
    wait_until(lambda: notes_of(house.data_dir))
    wait_until(lambda: len(house.children()) == ALL_PROCESSES + 1)
    assert house.process is not None
    house.process.kill()
    wait_until(lambda: house.left() == [])


@pytest.mark.queue
def test_a_plugin_that_ends_the_process_does_not_keep_the_product_from_starting(
    house: House,
) -> None:
    dummies = str(ROOT / "tests" / "dummies")
    house.open(SLEUTH_PLUGINS_DIR=dummies, SLEUTH_MISBEHAVE="exits at once")
    assert house.get("/sign-in").status_code in (200, 302)
    log = house.log.read_text()
    assert log.count("It ended the process with status 3 while being imported.") >= 1
    assert "is started again" not in log
    assert (house.data_dir / "plugins.json").is_file()


def test_a_port_in_use_is_one_sentence(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = house.refuse("--port", str(port))
    assert code == 1
    assert said == (
        f"Sleuth cannot start: Port {port} on 127.0.0.1 cannot be used (Address already in use); "
        "choose another with ./run --port.\n"
    )


def test_an_address_of_another_machine_is_one_sentence(house: House) -> None:
    code, said = house.refuse("--host", "no such host")
    assert (code, said.count("\n")) == (1, 1)
    assert "The host no such host is not an address of this machine." in said


def test_a_setting_that_does_not_parse_is_one_sentence(house: House) -> None:
    code, said = house.refuse("--port", "http")
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("Sleuth cannot start: SLEUTH_PORT cannot be 'http': ")


def test_a_data_directory_that_cannot_be_written_is_one_sentence(house: House) -> None:
    house.data_dir.write_text("a file in the way")
    code, said = house.refuse()
    assert (code, said.count("\n")) == (1, 1)
    assert f"The data directory {house.data_dir} cannot be used (File exists);" in said


def test_a_queue_server_that_does_not_answer_is_one_sentence(house: House) -> None:
    code, said = house.refuse(SLEUTH_REDIS_URL=f"unix://{house.data_dir}/none.sock")
    assert (code, said.count("\n")) == (1, 1)
    assert "The queue server named by SLEUTH_REDIS_URL does not answer;" in said


@pytest.mark.queue
def test_a_queue_server_that_dies_at_once_is_one_sentence(house: House) -> None:
    queue_data = house.data_dir / "queue" / "appendonlydir"
    queue_data.mkdir(parents=True)
    (queue_data / "appendonly.aof.manifest").write_text("no manifest")
    code, said = house.refuse()
    assert (code, said.count("\n")) == (1, 1)
    assert "The queue server did not start; " in said


@pytest.mark.queue
def test_a_database_out_of_reach_is_one_sentence_without_its_password(house: House) -> None:
    url = "postgresql://sleuth:hunter2@127.0.0.1:1/sleuth"
    code, said = house.refuse(SLEUTH_DATABASE_URL=url)
    assert (code, said.count("\n")) == (1, 1)
    assert "The database postgresql+psycopg://sleuth:***@127.0.0.1:1/sleuth cannot be used" in said
    assert "hunter2" not in said


@pytest.mark.queue
def test_the_operators_own_queue_server_is_used_and_ctrl_c_stops_the_rest(
    house: House, one_queue_url: str
) -> None:
    house.open(SLEUTH_REDIS_URL=one_queue_url)
    wait_until(lambda: redis.Redis.from_url(one_queue_url).keys("rq:worker:*"))
    wait_until(lambda: len(house.children()) == 8)
    assert house.stop(signal.SIGINT) < 10
    assert house.process is not None
    assert (house.process.returncode, house.left()) == (0, [])
    assert redis.Redis.from_url(one_queue_url).ping()


def test_the_supervisor_is_small_because_it_never_loads_the_application() -> None:
    heavy = "flask", "sqlalchemy", "redis", "rq", "sleuth.factory", "plugins"
    code = f"import sys, sleuth.serve.house; print(sorted({set(heavy)} & set(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True
    )
    assert ended.stdout == "[]\n"
