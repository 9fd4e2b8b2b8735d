"""What Lighthouse thinks of four pages, on a desk and on a telephone.

    .venv/bin/python benchmarks/lighthouse/measure.py [--runs N] [--pages NAME ...] [--only FORM]

Needs Node 18 or newer with npm, and Chromium (CHROME_PATH, else `chromium`). At first npm brings
Lighthouse at the version that package-lock.json names. The product is started on a data directory
of its own with 200 judged deploys; pages are opened as by its owner. Prints the median of five
runs and what keeps a score below the best, and ends with 1 if one is below what is promised. Run
it on a machine that does nothing else: a busy one scores tens of points less.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# What is imported below is found by this path: hence E402 there.
sys.path.insert(0, str(ROOT))

from benchmarks import load  # noqa: E402

DEPLOYS = 200
TRIES = 3
FORMS = ("desktop", "mobile")
PROMISED = {
    "performance": {"desktop": 95, "mobile": 90},
    "accessibility": {"desktop": 100, "mobile": 100},
    "best-practices": {"desktop": 100, "mobile": 100},
}
FIGURES = {
    "first-contentful-paint": "first paint",
    "largest-contentful-paint": "largest paint",
    "total-blocking-time": "blocked",
    "cumulative-layout-shift": "shift",
}
FLAGS = "--headless=new --no-sandbox --disable-gpu"
Report = dict[str, Any]


def main() -> int:
    """Measure and print; return the exit code."""
    options = parse()
    install()
    os.environ.setdefault("CHROME_PATH", shutil.which("chromium") or "")
    with tempfile.TemporaryDirectory() as folder:
        past = load.fill(folder, DEPLOYS, "")
        with load.product() as (_pid, port):
            cookie = load.sign_in(port).partition("Cookie: ")[2].partition("\r")[0]
            kept = [
                measure(f"http://127.0.0.1:{port}{path}", name, form, cookie, options.runs)
                for name, path in addresses(past.deploys[2]).items()
                if name in (options.pages or addresses("").keys())
                for form in (options.only or FORMS)
            ]
    return 0 if all(kept) else 1


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pages", nargs="*", choices=[*addresses("")])
    parser.add_argument("--only", nargs="*", choices=FORMS)
    return parser.parse_args()


def addresses(deploy: str) -> dict[str, str]:
    """Return the path of each page."""
    return {
        "sign-in": "/sign-in",
        "integrations": f"{load.HOME}/integrations/error-trackers",
        "dashboard": f"{load.HOME}/",
        "deploy": f"{load.HOME}/deploys/{deploy}",
    }


def install() -> None:
    """Install what package-lock.json names, unless it is there."""
    if not (HERE / "node_modules" / "lighthouse").is_dir():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=HERE, check=True)


def measure(url: str, name: str, form: str, cookie: str, runs: int) -> bool:
    """Print the medians of one page; tell whether all are as promised."""
    headers = {} if name == "sign-in" else {"Cookie": cookie}
    reports = [run(url, form, headers) for _ in range(runs)]
    scores = {each: median(score(report, each) for report in reports) for each in PROMISED}
    figures = ", ".join(
        f"{words} {median(report['audits'][each]['numericValue'] for report in reports):.4g}"
        for each, words in FIGURES.items()
    )
    told = ", ".join(f"{each} {value:.0f}" for each, value in scores.items())
    print(f"{name:<14}{form:<9}{told}   ({figures})", flush=True)
    found = Counter(each for report in reports for each in complaints(report))
    for words, times in found.most_common():
        print(f"    {times} of {runs}: {words}", flush=True)
    return all(value >= PROMISED[each][form] for each, value in scores.items())


def run(url: str, form: str, headers: dict[str, str]) -> Report:
    """Return Lighthouse's report of one visit; one that failed is told and made again."""
    command = [
        HERE / "node_modules" / ".bin" / "lighthouse",
        url,
        "--quiet",
        "--output=json",
        f"--chrome-flags={FLAGS}",
        f"--only-categories={','.join(PROMISED)}",
        f"--extra-headers={json.dumps(headers)}",
        *(["--preset=desktop"] if form == "desktop" else []),
    ]
    for _ in range(TRIES):
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            print("    A visit failed: it did not end.")
            continue
        if done.returncode == 0:
            report: Report = json.loads(done.stdout)
            return report
        print(f"    A visit failed: {(done.stderr.strip() or 'no reason told').splitlines()[-1]}")
    raise SystemExit(f"Lighthouse failed {TRIES} times in a row.")


def score(report: Report, category: str) -> float:
    """Return one of the scores, from 0 to 100."""
    return 100 * float(report["categories"][category]["score"] or 0)


def complaints(report: Report) -> list[str]:
    """Return what is not perfect and counts."""
    return [
        f"{category}: {audit['title']} {audit.get('displayValue', '')}".rstrip()
        for category in PROMISED
        for each in report["categories"][category]["auditRefs"]
        if each["weight"] and (audit := report["audits"][each["id"]])["score"] is not None
        if audit["score"] < (0.9 if category == "performance" else 1)
    ]


if __name__ == "__main__":
    sys.exit(main())
