"""An environment for the benchmark, so that the product needs none of its packages."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / "var" / "benchmarks"
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


class BenchmarkError(Exception):
    """A sentence for who started the benchmark."""


def python_with(requirements: Path) -> Path:
    """Return the Python of an environment that holds what a file requires; make it at first.

    Raises:
        BenchmarkError: It cannot be made.
    """
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = cache() / f"environment-{digest}"
    if not home.exists():
        print(f"Installing {requirements} into {home}.", file=sys.stderr)
        make(home, requirements)
    return home / "bin" / "python"


def cache() -> Path:
    """Return a folder to keep things in; a temporary one where the checkout is read-only."""
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir())
    return CACHE if os.access(CACHE, os.W_OK) else Path(tempfile.gettempdir())


def make(home: Path, requirements: Path) -> None:
    """Make an environment beside its place and move it there once it is whole."""
    draft = Path(tempfile.mkdtemp(prefix="environment-", dir=home.parent))
    python = draft / "bin" / "python"
    try:
        succeed([sys.executable, "-m", "venv", draft])
        succeed([python, "-m", "pip", "install", "--quiet", "--requirement", requirements])
        if not home.exists():  # another run may have been faster
            draft.rename(home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def succeed(command: Sequence[str | Path]) -> None:
    """Run a command.

    Raises:
        BenchmarkError: It failed.
    """
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()
        raise BenchmarkError(f"The benchmark's environment cannot be made: {lines[-1]}")


def run(
    python: Path, arguments: Sequence[str | Path], variables: Mapping[str, str] | None = None
) -> None:
    """Run a part of the benchmark in its environment; what it prints goes to standard error.

    Raises:
        BenchmarkError: It failed.
    """
    done = subprocess.run(
        [python, *arguments],
        check=False,
        cwd=ROOT,
        env=surroundings(variables or {}),
        stdout=sys.stderr,
    )
    must_have_succeeded(done, arguments)


def ask(python: Path, arguments: Sequence[str | Path]) -> str:
    """Return what a part of the benchmark prints.

    Raises:
        BenchmarkError: It failed.
    """
    done = subprocess.run(
        [python, *arguments],
        check=False,
        cwd=ROOT,
        env=surroundings({}),
        stdout=subprocess.PIPE,
        text=True,
    )
    must_have_succeeded(done, arguments)
    return str(done.stdout)


def surroundings(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables of a part: ours that it needs, and some more."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",  # the benchmark's folder may be read-only
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **variables,
    }


def must_have_succeeded(
    done: subprocess.CompletedProcess[str], arguments: Sequence[str | Path]
) -> None:
    """Raise BenchmarkError unless a part of the benchmark succeeded."""
    if done.returncode:
        raise BenchmarkError(f"A part of the benchmark failed: {' '.join(map(str, arguments))}")
