"""The process that enqueues what is due: ``python -m sleuth.serve.tick``."""

from __future__ import annotations

import signal
import sys
import time
from typing import NoReturn

from flask import Flask

from sleuth import clock
from sleuth.factory import create_app
from sleuth.queue.periodic import TICK_SECONDS, Tick
from sleuth.serve import logs


def main() -> NoReturn:
    """Tick until told to stop."""
    logs.configure("tick")
    work(create_app())


def work(app: Flask) -> NoReturn:
    """Look every few seconds for what is due, until told to stop."""
    signal.signal(signal.SIGTERM, _leave)
    tick = Tick()
    while True:
        with app.app_context():
            tick.run(clock.now())
        time.sleep(TICK_SECONDS)


def _leave(*_: object) -> NoReturn:
    sys.exit(0)


if __name__ == "__main__":
    main()
