"""The web server: prepares the database, then serves on a socket it is handed."""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

from flask import Flask
from waitress.server import create_server

from sleuth.config import LARGEST_BODY
from sleuth.processes import collect_garbage_seldom
from sleuth.serve import logs
from sleuth.serve.prepare import PreparationError, check_queue, prepared_app
from sleuth.web import assets

THREADS = 8
MOST_CONNECTIONS = 1000
"""Every open tab keeps one or more; one that is idle costs little."""

OTHER_FILES = 150
"""Descriptors for everything else: the databases of all threads, the queue, the log."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    options = _parser().parse_args(arguments)
    logs.configure("web server")
    signal.signal(signal.SIGTERM, _leave)
    try:
        app = prepared_app()
        if app.config["SLEUTH_REDIS_URL"]:
            check_queue(app)
    except PreparationError as error:
        logs.give_up(str(error))
        return 1
    if options.demo:
        import_module("sleuth.demo").prepare(app)
    assets.prepare(app)
    server = create_server(
        app,
        sockets=[socket.socket(fileno=options.listen)],
        threads=THREADS,
        connection_limit=allow_connections(),
        asyncore_use_poll=True,  # the alternative cannot watch so many
        max_request_body_size=2 * LARGEST_BODY,  # the application refuses less in its own words
        ident=None,
        clear_untrusted_proxy_headers=False,  # the application decides whom it believes
    )
    _report_ready(app, options.report)
    collect_garbage_seldom()
    server.run()
    return 0


def allow_connections() -> int:
    """Return how many connections may be open, having asked the system for what they need.

    Where it allows less, the database must not be what finds no descriptor left.
    """
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted, endless = MOST_CONNECTIONS + OTHER_FILES, resource.RLIM_INFINITY
    if now != endless and now < wanted:
        with suppress(ValueError, OSError):
            more = wanted if most == endless else min(wanted, most)
            resource.setrlimit(resource.RLIMIT_NOFILE, (more, most))
            now = more
    return MOST_CONNECTIONS if now == endless else min(MOST_CONNECTIONS, now - OTHER_FILES)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sleuth.serve.web")
    parser.add_argument("--listen", type=int, required=True, help="descriptor of a bound socket")
    parser.add_argument("--report", type=int, required=True, help="descriptor to say ready on")
    parser.add_argument("--demo", action="store_true")
    return parser


def _report_ready(app: Flask, descriptor: int) -> None:
    """Tell the supervisor, if it still listens, that pages are answered from now on."""
    with app.app_context():
        setup_code = import_module("sleuth.accounts.setup_code").ensure(app)
    try:
        with os.fdopen(descriptor, "w") as stream:
            json.dump({"setup_code": setup_code}, stream)
    except BrokenPipeError:
        return


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
