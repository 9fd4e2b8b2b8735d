"""Fails when less of the product is tested than we promise; run after the suite."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIRED_PERCENT = {"lines": 95.0, "branches": 90.0}


def main() -> int:
    """Print what is covered, and what is not; return 1 if it is not enough."""
    coverage("combine", "--append", "--quiet", check=False)
    coverage("report")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "coverage.json")
        coverage("json", "--quiet", "-o", str(report))
        totals = json.loads(report.read_text(encoding="utf-8"))["totals"]
    reached = percents(totals)
    for name, required in REQUIRED_PERCENT.items():
        print(f"{name}: {reached[name]:.2f} % covered, {required} % required")
    return int(any(reached[name] < required for name, required in REQUIRED_PERCENT.items()))


def coverage(*arguments: str, check: bool = True) -> None:
    """Run one of coverage's commands."""
    subprocess.run([sys.executable, "-m", "coverage", *arguments], check=check, cwd=ROOT)


def percents(totals: dict[str, Any]) -> dict[str, float]:
    """Return how much of lines and of branches is covered."""
    return {
        "lines": 100 * totals["covered_lines"] / totals["num_statements"],
        "branches": 100 * totals["covered_branches"] / totals["num_branches"],
    }


if __name__ == "__main__":
    sys.exit(main())
