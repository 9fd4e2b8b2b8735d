"""Resolves the lock files anew from setup.cfg; ``./run lock`` starts it."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = (
    "uv",
    "pip",
    "compile",
    "--quiet",
    "--upgrade",
    "--universal",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--python-version=3.11",
)


def main() -> None:
    """Write each lock: the product, the tests, and one for each optional part."""
    _run("pip", "install", "--quiet", "uv")
    _run(*COMPILE, "--output-file=requirements.lock", "setup.cfg")
    _run(
        *COMPILE,
        "--all-extras",
        "--constraint=requirements.lock",
        "--output-file=requirements-test.lock",
        "setup.cfg",
    )
    for extra in ("postgres", "queue"):
        _run(
            *COMPILE,
            "--constraint=requirements-test.lock",
            f"--output-file=requirements-{extra}.lock",
            "-",
            stdin=_requirements(extra),
        )


def _run(*command: str, stdin: str = "") -> None:
    subprocess.run([sys.executable, "-m", *command], check=True, cwd=ROOT, input=stdin, text=True)


def _requirements(extra: str) -> str:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser["options.extras_require"][extra]


if __name__ == "__main__":
    main()
