"""``python -m plugins.sentry.sandbox``: run the stand-in until interrupted."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from plugins.sentry.sandbox.control import add_incidents
from plugins.sentry.sandbox.server import Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Start the stand-in, print its address, wait for Ctrl-C or SIGTERM."""
    options = _parser().parse_args(arguments)
    sandbox = Sandbox(
        seed=options.seed, host=options.host, port=options.port, verbose=options.verbose
    )
    try:
        if options.incidents:
            add_incidents(sandbox, json.loads(options.incidents.read_text()))
        sandbox.start()
    except (OSError, ValueError, LookupError, TypeError) as error:
        sys.stderr.write(f"The Sentry sandbox cannot start: {error}\n")
        return 1
    sys.stdout.write(f"Sentry sandbox on {sandbox.url} (set SLEUTH_SENTRY_URL to it)\n")
    sys.stdout.flush()
    _wait_for_signal()
    sandbox.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m plugins.sentry.sandbox",
        description="A server that answers like sentry.io. It takes three ports in a row: "
        "the control silo and the regions us and de.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8200, help="first port; 0 picks free ones")
    parser.add_argument("--seed", type=int, default=1, help="changes every count")
    parser.add_argument(
        "--incidents", type=Path, help="JSON file with a list of incidents to begin with"
    )
    parser.add_argument("--verbose", action="store_true", help="print a line for each request")
    return parser


def _wait_for_signal() -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
