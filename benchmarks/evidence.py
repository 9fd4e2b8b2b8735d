"""What opening the evidence of a verdict costs, beside an ordinary page; and a replay.

    .venv/bin/python benchmarks/evidence.py [--rounds N]

One application on a database of its own, with forty deploys, eight days of counts and a
verdict that the detector made at eight looks. Both are asked for by a signed-in member,
in turn, so that whatever slows the machine slows both. The floor is a signed-in view with
five indexed selects and a table of 50 rows. Then replay.py is run in the same way. Ends with 1
if either takes longer than promised.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import select

ROOT = Path(__file__).resolve().parent.parent
# What is imported below is found by this path: hence E402 there.
sys.path.insert(0, str(ROOT))

from benchmarks import floor, replay  # noqa: E402
from sleuth import clock  # noqa: E402
from sleuth.extensions import db, write  # noqa: E402
from sleuth.health import service  # noqa: E402
from sleuth.health.detector import DEFAULT  # noqa: E402
from sleuth.health.models import Verdict  # noqa: E402
from tests.dashboard import seed  # noqa: E402
from tests.health.story import count  # noqa: E402

PROMISED = 1.5


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        app = floor.make_app(folder)
        with app.app_context():
            verdict = fill()
            url = f"/o/watched/deploys/{verdict.deploy.public_id}/evidence/{verdict.public_id}"
            db.session.remove()
        client = floor.sign_in(app)
        took = floor.measure(
            {
                floor.NAME: floor.asking(client, floor.URL),
                "evidence": floor.asking(client, url, {"HX-Request": "true"}),
            },
            rounds,
        )
        with app.app_context():
            db.engine.dispose()
    is_kept = report(took)
    return max(replay.measure(), 0 if is_kept else 1)


def fill() -> Verdict:
    """Add an organization with fifty deploys; return the verdict on the newest one."""
    with write():
        project = floor.add_project(floor.add_organization(), "Shop", ("Production",))
        deployment = seed.add_deployment(project, "Web shop")
        now = clock.now()
        at = now - timedelta(days=1, hours=1)
        source = seed.add_source(
            seed.add_integration(project), project.default_environment, judges_from=at
        )
        for days in range(2, 52):
            seed.add_deploy(deployment, deployed_at=now - timedelta(days=days))
        deploy = seed.add_deploy(deployment, deployed_at=at)
    count(source, at - timedelta(days=8), at, 2)
    count(source, at, at + timedelta(minutes=8), 2)
    count(source, at + timedelta(minutes=8), now, 9)
    for look in DEFAULT.looks:
        with clock.frozen(at + timedelta(minutes=look + 1)):
            service.assess_deploy(deploy.id)
    service.assess_deploy(deploy.id)
    return db.session.scalars(select(Verdict).where(Verdict.deploy_id == deploy.id)).one()


def report(took: dict[str, floor.Took]) -> bool:
    """Print the figures; tell whether the promise is kept."""
    for name, each in took.items():
        ordered = sorted(each.wall)
        nine_in_ten = ordered[-len(ordered) // 10]
        print(f"{name:<12}{median(ordered):8.2f} ms, nine in ten under {nine_in_ten:.2f}")
    ratio, cpu = took["evidence"].ratios(took[floor.NAME])
    kept = f"promised: {PROMISED} x at most"
    print(f"{'ratio':<12}{ratio:8.2f} x the floor, {cpu:.2f} x of the processor     {kept}")
    return ratio <= PROMISED


if __name__ == "__main__":
    sys.exit(main())
