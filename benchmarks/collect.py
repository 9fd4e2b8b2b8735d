"""How fresh counts are with very many impact sources, and what collecting them costs.

    .venv/bin/python benchmarks/collect.py [--sources N] [--integrations N] [--minutes N]
                                           [--postgres URL] [--collectors N]

Starts the product on a data directory of its own, with sources whose past is collected
already, against a stand-in that costs next to nothing. Then, with the limit on requests
a second lifted, measures one full round. Each figure stands beside a floor of the same
run: a bare loop that fetches and parses the same answers with one session. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import requests
from sqlalchemy import update

ROOT = Path(__file__).resolve().parent.parent
# What is imported below is found by this path: hence E402 there.
sys.path.insert(0, str(ROOT))

from benchmarks.start import answers, cpu_ticks, family  # noqa: E402
from sleuth import clock  # noqa: E402
from sleuth.accounts.models import Organization  # noqa: E402
from sleuth.extensions import db, write  # noqa: E402
from sleuth.factory import create_app  # noqa: E402
from sleuth.impact.models import Coverage, ImpactSource, Sweep, SweepKind  # noqa: E402
from sleuth.impact.schedule import SWEEP_INTERVALS, floor_to  # noqa: E402
from sleuth.integrations.models import Integration  # noqa: E402
from sleuth.projects.models import Environment, Project  # noqa: E402
from tests.operations.ports import free_port  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
FLOOR_REQUESTS = 2000
ROLES = ("crew", "collector", "worker", "tick", "web", "queue")
COLLECTOR = "sleuth.serve.worker collector"


def main() -> None:
    """Measure and print."""
    options = parse()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        port = free_port()
        stack.enter_context(process([sys.executable, ROOT / "benchmarks/stand_in.py", str(port)]))
        os.environ.update(environ(folder, port, options.postgres))
        with product(options.collectors):
            pass  # the first start makes keys and tables
        seed(options.sources, options.integrations, port)
        floor = bare_loop(port)
        at_default_manners(options, port)
        one_round(options, port, floor)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sources", type=int, default=10_000)
    parser.add_argument("--integrations", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--collectors", type=int, default=1, help="processes that collect")
    parser.add_argument("--postgres", default="", help="URL of an empty database")
    return parser.parse_args()


def environ(folder: str, port: int, postgres: str) -> dict[str, str]:
    """Return the settings of the product under test."""
    return {
        "SLEUTH_DATA_DIR": folder,
        "SLEUTH_SENTRY_URL": f"http://127.0.0.1:{port}",
        "SLEUTH_DATABASE_URL": postgres,
    }


@contextmanager
def process(command: list[Any]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program, and end it."""
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)


@contextmanager
def product(collectors: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the whole product."""
    port = free_port()
    with process([sys.executable, "-m", "sleuth.serve", "--port", str(port)]) as running:
        while not answers(port):
            if running.poll() is not None:
                sys.exit("The product ended by itself; start ./run to see why.")
            time.sleep(0.05)
        with ExitStack() as more:
            for _ in range(collectors - 1):
                command = [sys.executable, "-m", "sleuth.serve.worker", "collector"]
                more.enter_context(process(command))
            yield running


def seed(sources: int, integrations: int, port: int) -> None:
    """Add organizations, integrations and sources, whose past is collected already."""
    app = create_app()
    with app.app_context():
        for number in range(integrations):
            with write():
                seed_integration(number, sources // integrations, port)
        db.session.remove()
        db.engine.dispose()


def seed_integration(number: int, sources: int, port: int) -> None:
    """Add one organization with everything in it."""
    now = clock.now()
    organization = Organization(name=f"O{number}", slug=f"o{number}", created_at=now)
    db.session.add(organization)
    db.session.flush()
    project = Project(organization_id=organization.id, slug="p", name="P", created_at=now)
    integration = Integration(
        organization_id=organization.id,
        provider="sentry",
        credentials={"token": f"sntryu_{number}"},
        connected_at=now,
    )
    db.session.add_all([project, integration])
    db.session.flush()
    environment = Environment(
        project_id=project.id, slug="e", name="E", is_default=True, created_at=now
    )
    db.session.add(environment)
    db.session.flush()
    complete_until = floor_to(now, 60) - timedelta(minutes=3)
    rows = [
        ImpactSource(
            public_id=f"s{number}-{each}",
            organization_id=organization.id,
            project_id=project.id,
            environment_id=environment.id,
            integration_id=integration.id,
            provider="sentry",
            name=f"S{each}",
            error_org_key="1",
            error_project_key=str(number * sources + each + 1),
            error_project_label="W",
            error_environment="production",
            attributes={"region_url": f"http://127.0.0.1:{port}", "slug": "w"},
            created_at=now,
            judges_from=now,
            due_at=now,
            scheduled_at=now,
            complete_until=complete_until,
            collected_at=now,
        )
        for each in range(sources)
    ]
    db.session.add_all(rows)
    db.session.flush()
    until = int(complete_until.timestamp())
    for each, row in enumerate(rows):
        db.session.add(Coverage(impact_source_id=row.id, since=until - 29 * 86400, until=until))
        db.session.add_all(
            Sweep(
                impact_source_id=row.id,
                integration_id=integration.id,
                kind=kind,
                confirmed_at=now,
                scheduled_at=now,
                due_at=now + SWEEP_INTERVALS[kind] * ((each + 0.5) / sources),
            )
            for kind in SweepKind
            if kind != SweepKind.GAP
        )


def bare_loop(port: int) -> float:
    """Return the seconds that one answer takes a loop which fetches and parses it."""
    session = requests.Session()
    headers = {"Authorization": "Bearer floor", "Accept": "application/json"}
    until = int(time.time()) // 60 * 60
    params = {
        "dataset": "errors",
        "environment": "production",
        "yAxis": "count()",
        "interval": "1m",
        "start": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until - 1080)),
        "end": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until)),
        "project": "0",
    }
    url = f"http://127.0.0.1:{port}/api/0/organizations/1/events-timeseries/"
    began = time.perf_counter()
    for _ in range(FLOOR_REQUESTS):
        session.get(url, params=params, headers=headers).json()
    return (time.perf_counter() - began) / FLOOR_REQUESTS


def at_default_manners(options: argparse.Namespace, port: int) -> None:
    """Watch the product for some minutes, and print how fresh its counts were."""
    with product(options.collectors) as running:
        before, began = stats(port), time.time()
        watch = Watch(running.pid)
        watch.follow(60 * options.minutes)
        after, ended = stats(port), time.time()
    asked = after["requests"] - before["requests"]
    gaps = sorted(
        longest_gap(after["newest"].get(str(project), []), began, ended)
        for project in range(1, options.sources + 1)
    )
    cpu = watch.collector_seconds
    show("worst staleness", gaps[-1], "s", "at most 120 s")
    show("median staleness", gaps[len(gaps) // 2], "s", "")
    show("requests a second", asked / (ended - began), "", "")
    show("two at a time", after["at_once"] - before["at_once"], "", "none")
    show("more than 5 a second", after["too_fast"] - before["too_fast"], "", "none")
    show("CPU a collection", 1000 * cpu / max(1, asked), "ms", "")
    for role, (first, last, peak) in sorted(watch.memory.items()):
        show(f"memory of {role}", peak, f"MB, {first:.0f} at first, {last:.0f} at last", "150 MB")


def one_round(options: argparse.Namespace, port: int, floor: float) -> None:
    """Print how long all sources take at once, if nothing limits the pace."""
    os.environ["SLEUTH_REQUESTS_PER_SECOND"] = "0"
    app = create_app()
    with app.app_context(), write():
        db.session.execute(update(ImpactSource).values(due_at=clock.now()))
        db.session.execute(update(Integration).values(retry_at=None, claimed_until=None))
    before = stats(port)["newest"]
    with product(options.collectors):
        missing = set(map(str, range(1, options.sources + 1)))
        firsts: list[float] = []
        while missing:
            time.sleep(0.5)
            noted = stats(port)["newest"]
            done = {
                each for each in missing if len(noted.get(each, [])) > len(before.get(each, []))
            }
            firsts += [noted[each][len(before.get(each, []))] for each in done]
            missing -= done
    seconds = max(firsts) - min(firsts)
    bare = floor * options.sources
    print(
        f"{'one full round':<24}{seconds:9.1f} s{seconds / bare:8.2f} x the floor of {bare:.1f} s"
        f"{'':<14}promised: at most 3 x"
    )


def stats(port: int) -> dict[str, Any]:
    """Return what the stand-in has noted so far."""
    with urlopen(f"http://127.0.0.1:{port}/stats") as answer:
        noted: dict[str, Any] = json.load(answer)
    return noted


def longest_gap(moments: list[float], began: float, ended: float) -> float:
    """Return the longest time without an answer."""
    inside = [began, *(moment for moment in moments if began <= moment <= ended), ended]
    return max(later - earlier for earlier, later in pairwise(inside))


class Watch:
    """CPU and memory of the product's processes by role."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.memory: dict[str, tuple[float, float, float]] = {}
        self._collectors = {each for each in family(pid) if COLLECTOR in command(each)}
        self._before = sum(map(cpu_ticks, self._collectors))
        self.collector_seconds = 0.0

    def follow(self, seconds: float) -> None:
        """Look every second."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for each in family(self.pid):
                with suppress(OSError):
                    self._note(each)
            time.sleep(1)

    def _note(self, pid: int) -> None:
        words = command(pid)
        role = next(
            (name for name in ROLES if name in words),
            "supervisor",
        )
        resident = memory_mb(pid)
        first, _, peak = self.memory.get(role, (resident, 0.0, 0.0))
        self.memory[role] = first, resident, max(peak, resident)
        mine = [each for each in family(self.pid) if COLLECTOR in command(each)]
        self.collector_seconds = (sum(map(cpu_ticks, mine)) - self._before) / TICKS


def command(pid: int) -> str:
    """Return the command line of a process."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


def memory_mb(pid: int) -> float:
    """Return what a process has in memory, pages shared with others included."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def show(name: str, value: float, unit: str, promise: str) -> None:
    """Print one figure."""
    print(f"{name:<24}{value:9.1f} {unit:<40}{f'promised: {promise}' if promise else ''}")


if __name__ == "__main__":
    main()
