"""A plugin that ends, hangs or floods the process of a job: said, and not done for ever."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from plugins.sentry.sandbox import TOKENS, Sandbox
from sleuth import clock, queue
from sleuth.extensions import db, write
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import SourceSettings, add_impact_source
from sleuth.integrations import service
from sleuth.integrations.models import CheckState, ConnectionCheck, Integration
from tests.conftest import Cast
from tests.operations.processes import wait_until
from tests.queue.conftest import StartWorker

pytestmark = pytest.mark.queue

MISBEHAVING = Path(__file__).parent.parent / "dummies" / "misbehaving.py"
JOB = "sleuth.integrations.jobs.check_connection"


@pytest.fixture
def settings(settings: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """The plugin that misbehaves, beside those that are bundled."""
    (tmp_path / "own").mkdir()
    shutil.copy(MISBEHAVING, tmp_path / "own")
    return settings | {"SLEUTH_PLUGINS_DIR": str(tmp_path / "own")}


@pytest.fixture(autouse=True)
def empty_queue(sandbox: Sandbox, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with an empty queue, on which nothing is put but by the test."""
    queue.connection().flushall()
    monkeypatch.setattr(queue, "enqueue", lambda *_args, **_options: True)


def connect(cast: Cast, provider: str = "misbehaving", **credentials: str) -> int:
    """Paste credentials, as the dialog does; returns the id of the attempt."""
    service.connect_integration(cast.acme.id, provider, credentials, cast.developer.id)
    newest = select(ConnectionCheck.id).order_by(ConnectionCheck.id.desc())
    return int(db.session.scalars(newest).first() or 0)


def run(check_id: int, *, seconds: int = 60) -> None:
    """Put the job of an attempt on the queue, as the tick does when a lease has run out."""
    with write():
        db.session.execute(update(ConnectionCheck).values(claimed_until=None))
    queue.queue().enqueue(JOB, args=(check_id,), job_timeout=seconds, result_ttl=0)


def attempt(check_id: int) -> ConnectionCheck:
    db.session.rollback()
    return db.session.get_one(ConnectionCheck, check_id)


def wait_for_an_end(check_id: int) -> ConnectionCheck:
    wait_until(lambda: attempt(check_id).state != CheckState.RUNNING)
    return attempt(check_id)


def wait_for_a_death(log: Path) -> None:
    wait_until(lambda: "It was barred" in log.read_text())


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("exits at once", "ended the worker's process (exit status 3) in sleuth_validate_token"),
        ("exits as if all were well", "ended the worker's process (exit status 0)"),
    ],
)
def test_a_plugin_that_ends_the_process_is_not_asked_again_and_others_are(
    cast: Cast, start_worker: StartWorker, tmp_path: Path, mode: str, words: str
) -> None:
    check_id = connect(cast, token="a-token-that-is-long", mode=mode)
    run(check_id)
    start_worker()
    wait_for_a_death(tmp_path / "worker.log")
    wait_until(lambda: attempt(check_id).claimed_until is None)
    run(check_id)
    failed = wait_for_an_end(check_id)
    assert failed.state == CheckState.FAILED
    assert f"The Misbehaving plugin {words}" in failed.message
    assert failed.message.startswith("Not asked until ")
    other = connect(cast, "sentry", token=TOKENS["full"].value)
    run(other)
    assert wait_for_an_end(other).state == CheckState.SUCCEEDED


def test_a_hook_that_hangs_is_ended_by_the_jobs_time_limit(
    cast: Cast, start_worker: StartWorker
) -> None:
    check_id = connect(cast, token="a-token-that-is-long", mode="hangs")
    run(check_id, seconds=2)
    start_worker()
    failed = wait_for_an_end(check_id)
    assert failed.state == CheckState.FAILED
    assert "The Misbehaving plugin hung in sleuth_validate_token (misbehaving.py" in failed.message


def test_a_hook_that_goes_on_after_the_time_limit_is_killed_and_barred(
    cast: Cast, start_worker: StartWorker, tmp_path: Path
) -> None:
    check_id = connect(cast, token="a-token-that-is-long", mode="hangs on")
    run(check_id, seconds=1)
    start_worker()
    wait_until(lambda: "It was barred" in (tmp_path / "worker.log").read_text(), 25)
    wait_until(lambda: attempt(check_id).claimed_until is None)
    run(check_id)
    assert "did not heed the time limit of a job" in wait_for_an_end(check_id).message


@pytest.mark.parametrize("mode", ["takes all memory", "answers 200 MB"])
def test_a_hook_that_takes_much_memory_is_refused_in_words(
    cast: Cast, start_worker: StartWorker, mode: str
) -> None:
    check_id = connect(cast, token="a-token-that-is-long", mode=mode)
    run(check_id)
    start_worker()
    assert "This is a fault of the plugin" in wait_for_an_end(check_id).message


def test_what_a_hook_writes_past_python_is_dropped_and_what_it_prints_is_logged(
    cast: Cast, start_worker: StartWorker, tmp_path: Path
) -> None:
    token = "a-token-that-is-long"
    for mode in ("tells the token to descriptors", "tells the token in a thread"):
        check_id = connect(cast, token=token, mode=mode)
        run(check_id)
        if mode.endswith("descriptors"):
            start_worker()
        wait_for_an_end(check_id)
    wait_until(lambda: "logged [hidden]" in (tmp_path / "worker.log").read_text())
    said = (tmp_path / "worker.log").read_text()
    assert token not in said
    assert "raw" not in said


def test_a_thread_that_a_hook_leaves_running_ends_with_its_job(
    cast: Cast, start_worker: StartWorker
) -> None:
    began_at = clock.now()
    for _ in range(2):
        check_id = connect(cast, token="a-token-that-is-long", mode="leaks a thread")
        run(check_id)
    start_worker()
    assert wait_for_an_end(check_id).state in {CheckState.SUCCEEDED, CheckState.FAILED}
    assert (clock.now() - began_at).total_seconds() < 60


def test_counts_that_a_plugin_takes_the_process_along_for_are_missed_in_words(
    cast: Cast, start_worker: StartWorker, tmp_path: Path
) -> None:
    source_id = add_source(cast)
    start_worker()
    collect()
    wait_for_a_death(tmp_path / "worker.log")
    collect()
    wait_until(lambda: last_error(source_id))
    assert "ended the worker's process (exit status 3) in sleuth_collect_counts" in last_error(
        source_id
    )


def add_source(cast: Cast) -> int:
    """An impact source whose tracker ends the process when it is to count."""
    with write():
        integration = Integration(
            organization_id=cast.acme.id,
            provider="misbehaving",
            credentials={"token": "a-token-that-is-long", "mode": "exits at once"},
            connected_at=clock.now(),
        )
        db.session.add(integration)
        db.session.flush()
        wanted = SourceSettings(
            name="Errors",
            environment_id=cast.project.default_environment.id,
            error_org_key="",
            error_project_key="1",
            error_project_label="Shop",
            error_environment=None,
            attributes={},
            field_values={},
        )
        return add_impact_source(integration, wanted, interval_seconds=60, warning="").id


def collect() -> None:
    """Put a round on the queue, as the tick does when leases have run out."""
    with write():
        db.session.execute(update(Integration).values(claimed_until=None, claimed_by=""))
    job = "sleuth.impact.jobs.collect_round"
    queue.queue(queue.COLLECT_QUEUE).enqueue(job, args=(1,), result_ttl=0)


def last_error(source_id: int) -> str:
    db.session.rollback()
    return db.session.get_one(ImpactSource, source_id).last_error
