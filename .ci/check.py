"""Everything that is checked without running the product; ``./run check`` starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLASK_DB = ("-m", "flask", "--app", "app", "db")
IMPORT_RULES = "from importlinter.cli import lint_imports_command as check; check()"
CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("style", ("-m", "ruff", "check", ".")),
    ("format", ("-m", "ruff", "format", "--check", ".")),
    ("types", ("-m", "mypy")),
    ("import rules", ("-c", IMPORT_RULES)),
    ("templates", ("-m", "djlint", "--lint", "--quiet", "templates")),
    ("migrations", (*FLASK_DB, "upgrade")),
    ("models match migrations", (*FLASK_DB, "check")),
)


def main(wanted: list[str]) -> int:
    """Run the checks whose name begins with one of the words given, or all of them."""
    checks = [check for check in CHECKS if not wanted or check[0].startswith(tuple(wanted))]
    with tempfile.TemporaryDirectory() as data_dir:
        environ = {**os.environ, "SLEUTH_DATA_DIR": data_dir, "SLEUTH_SECRET_KEY": data_dir}
        environ.pop("SLEUTH_DATABASE_URL", None)
        failed = [name for name, command in checks if not _passes(name, command, environ)]
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


def _passes(name: str, command: tuple[str, ...], environ: dict[str, str]) -> bool:
    process = subprocess.run(
        [sys.executable, *command],
        check=False,
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(f"{name:24} {'failed' if process.returncode else 'ok'}", flush=True)
    if process.returncode:
        print(process.stdout, flush=True)
    return process.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
