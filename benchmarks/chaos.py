"""What a storm of kills costs: wrong minutes, and how soon the product is at work again.

    .venv/bin/python benchmarks/chaos.py [--kills N] [--seed N]

Runs the harness of tests/chaos for longer than the tests do. Linux only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
# What is imported below is found by this path: hence E402 there.
sys.path.insert(0, str(ROOT))

from sleuth import clock  # noqa: E402
from tests.chaos.storm import Storm  # noqa: E402

SINGLE = ("crew", "worker", "horse", "collector", "tick", "web", "queue")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Storm(Path(folder), options.seed) as storm:
        began = time.monotonic()
        storm.wait_for_counts(after=clock.now())
        undisturbed = time.monotonic() - began
        storm.rage(options.kills)
        before = len(storm.wrong_minutes())
        storm.come_to_rest()
        show("wrong minutes in the storm", before, "")
        show("wrong minutes at rest", len(storm.wrong_minutes()), "none")
        show("what is stuck", len(storm.stuck()), "nothing")
        took = {role: storm.recovery_seconds(role) for role in SINGLE}
        for role, seconds in took.items():
            show(f"seconds without the {role}", seconds, "under 90 s")
        show("median of these", median(took.values()), "")
        show("first counts undisturbed", undisturbed, "(the floor)")


def show(name: str, value: float, promise: str) -> None:
    """Print one figure."""
    print(f"{name:<32}{value:9.1f}   {promise and f'promised: {promise}'}")


if __name__ == "__main__":
    main()
