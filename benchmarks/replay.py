"""How long it takes to judge the deploys of the last 30 days by what is proposed.

    .venv/bin/python benchmarks/replay.py [--postgres URL]

40 deploys with four weeks of minutes before each as far as minutes are kept. The floor is the
detector alone, asked once for each of them in the same process. Ends with 1 if it takes longer
than promised.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import select, update

ROOT = Path(__file__).resolve().parent.parent
# What is imported below is found by this path: hence E402 there.
sys.path.insert(0, str(ROOT))

from benchmarks.collect import seed_integration  # noqa: E402
from benchmarks.storage import make_app, show  # noqa: E402
from sleuth import clock  # noqa: E402
from sleuth.deploys.models import CodeDeployment, Deploy  # noqa: E402
from sleuth.extensions import db, write  # noqa: E402
from sleuth.health import detector  # noqa: E402
from sleuth.health.replaying import due, service, work  # noqa: E402
from sleuth.health.replaying.models import Replay, ReplayState  # noqa: E402
from sleuth.impact import series  # noqa: E402
from sleuth.impact.models import Coverage, ImpactSource  # noqa: E402
from sleuth.projects.judging import Judging  # noqa: E402
from sleuth.projects.models import Project  # noqa: E402

DEPLOYS = 40
DAYS = 35
PROMISED_SECONDS = 10.0
DAY = timedelta(days=1)


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--postgres", default="", help="URL of an empty database")
    return measure(parser.parse_args().postgres)


def measure(url: str = "") -> int:
    """Measure on a database of its own; return 1 if it takes longer than promised.

    Args:
        url: Of an empty PostgreSQL database; SQLite without.
    """
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(folder, url)
        with app.app_context():
            seed()
            floor, floor_cpu = timed(bare)
            took, took_cpu = timed(replay)
            db.session.remove()
            db.engine.dispose()
    show("the detector alone", floor, "s", None, "")
    show("replay of 40 deploys", took, "s", took / floor, f"under {PROMISED_SECONDS:.0f} s")
    show("of it on the processor", took_cpu, "s", took_cpu / floor_cpu, "")
    return 0 if took < PROMISED_SECONDS else 1


def seed() -> None:
    """Add one source with all the minutes that are kept, and 40 deploys of the last 28 days."""
    now, chance = clock.now(), random.Random(1)  # noqa: S311 - no secret is made of it
    until = int(now.timestamp()) // 60 * 60
    since = until - DAYS * 86_400
    points = [(at, chance.randint(0, 6)) for at in range(since, until, 60)]
    with write():
        seed_integration(0, 1, 1)
        db.session.flush()
        source = db.session.scalars(select(ImpactSource)).one()
        source.judges_from = now - DAYS * DAY
        db.session.execute(update(Coverage).values(since=until - 60, until=until))
        series.replace_counts([series.Replacement(source.id, since, until, points)])
        code = CodeDeployment(
            organization_id=source.organization_id,
            project_id=source.project_id,
            slug="web",
            name="Web",
            created_at=now,
        )
        db.session.add(code)
        db.session.flush()
        db.session.add_all(
            Deploy(
                public_id=f"d{number}",
                organization_id=source.organization_id,
                code_deployment_id=code.id,
                environment_id=source.environment_id,
                revision=f"r{number}",
                deployed_at=now - 28 * DAY * (DEPLOYS - number) / DEPLOYS,
                registered_at=now,
            )
            for number in range(DEPLOYS)
        )


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds that something takes, and those on the processor."""
    began, began_cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - began_cpu


def bare() -> None:
    """Ask the detector for one look at each deploy."""
    source = db.session.scalars(select(ImpactSource)).one()
    moments = db.session.scalars(select(Deploy.deployed_at).order_by(Deploy.deployed_at)).all()
    deployed = [int(each.timestamp()) for each in moments]
    now = int(clock.now().timestamp())
    first = deployed[0] // 60 * 60 - 28 * 86_400
    starts, counts = series.read_arrays(source.id, first, now // 60 * 60, 60)
    times, values = np.asarray(starts, dtype=np.int64), np.asarray(counts, dtype=np.float64)
    for number, at in enumerate(deployed):
        begin = (at // 60 * 60 - first) // 60 - 28 * 1440
        part = slice(max(0, begin), begin + 29 * 1440 + 1)
        detector.assess(times[part], values[part], at, now, deployed[:number])


def replay() -> None:
    """Look at another sensitivity until all is judged."""
    project = db.session.scalars(select(Project)).one()
    wanted = Judging("coarse", project.failure_boundary, project.failure_minutes)
    begun = service.begin_for_sensitivity(project, wanted, user_id=None)
    if begun is None:
        raise SystemExit("There is nothing to look at.")
    replay_id = begun.id
    while due.due_ids(clock.now()):
        work.go_on(replay_id)
    if db.session.get_one(Replay, replay_id).state != ReplayState.DONE:
        raise SystemExit("The replay did not end.")


if __name__ == "__main__":
    sys.exit(main())
