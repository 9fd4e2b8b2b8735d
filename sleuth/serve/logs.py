"""Logs of every process go to standard error, one line each, with the process's name."""

from __future__ import annotations

import logging
import sys

QUIET = ("alembic.runtime.migration", "rq.worker", "rq.job", "waitress")


def configure(process: str) -> None:
    """Log warnings of libraries and anything of ours from INFO on."""
    logging.basicConfig(
        level=logging.INFO,
        format=f"%(asctime)s {process}: %(levelname)s: %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
        stream=sys.stderr,
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def give_up(sentence: str) -> None:
    """Tell the operator why a process ends, without a traceback."""
    if sentence:
        print(f"Sleuth cannot start: {sentence}", file=sys.stderr)  # noqa: T201
