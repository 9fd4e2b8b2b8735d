"""Logs of every process go to standard error, one line each, with the process's name."""

from __future__ import annotations

import logging
import sys

QUIET = ("alembic.runtime.migration", "rq.worker", "rq.job", "waitress")


def configure(process: str) -> None:
    """Log warnings of libraries and anything of ours from INFO on."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    rename(process)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def rename(process: str) -> None:
    """Log on under another name, in a process that is a fork."""
    for handler in logging.root.handlers:
        handler.setFormatter(_format(process))


def _format(process: str) -> logging.Formatter:
    return logging.Formatter(
        f"%(asctime)s {process}: %(levelname)s: %(message)s", "%Y-%m-%d %H:%M:%S"
    )


def give_up(sentence: str) -> None:
    """Tell the operator why a process ends, without a traceback."""
    if sentence:
        print(f"Sleuth cannot start: {sentence}", file=sys.stderr)  # noqa: T201
