"""The supervisor's command line; see :mod:`sleuth.serve`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sleuth.serve.house import run


def main(arguments: Sequence[str] | None = None) -> int:
    """Start everything and stay until told to stop."""
    parser = argparse.ArgumentParser(prog="./run", description="Start Sleuth and all it needs.")
    parser.add_argument("--host", help="address to listen on (SLEUTH_HOST)")
    parser.add_argument("--port", help="port to listen on, 0 for a free one (SLEUTH_PORT)")
    parser.add_argument("--demo", action="store_true", help="with a stand-in for the tracker")
    parser.add_argument("--reset", action="store_true", help="let the demo begin again")
    options = parser.parse_args(arguments)
    return run(options.host, options.port, is_demo=options.demo, is_reset=options.reset)


if __name__ == "__main__":
    sys.exit(main())
