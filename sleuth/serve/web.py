"""The web server: prepares the database, then has forks serve on a socket it is handed.

A page is drawn by one thread of a process at a time, so there is more than one process; what they
were prepared with they share, and nobody answers in the process that prepared it: it looks after
the others as the supervisor does after it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import NoReturn

from flask import Flask
from waitress.server import create_server

from sleuth.config import LARGEST_BODY
from sleuth.extensions import db
from sleuth.processes import collect_garbage_seldom, show_module, watch_parent
from sleuth.serve import logs
from sleuth.serve.children import Member
from sleuth.serve.prepare import PreparationError, check_queue, prepared_app
from sleuth.serve.supervisor import StartError, Supervisor
from sleuth.web import assets

PROCESSES = 2
THREADS = 8
"""Of each process."""

READY_SECONDS = 20.0
STOP_SECONDS = 2.0
NOT_READY = "A process that answers pages did not start; the lines above say why."

MOST_CONNECTIONS = 1000
"""Every open tab keeps one or more; one that is idle costs little."""

OTHER_FILES = 150
"""Descriptors for everything else: the databases of all threads, the queue, the log."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare, and serve until told to stop."""
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
    with app.app_context():
        report = {"setup_code": import_module("sleuth.accounts.setup_code").ensure(app)}
        db.engine.dispose()  # two processes must not talk through one connection
    return _look_after(app, socket.socket(fileno=options.listen), options.report, report)


def _look_after(
    app: Flask, listener: socket.socket, reports_to: int, report: Mapping[str, str | None]
) -> int:
    """Fork what serves, and again what dies, until told to stop; return the exit code."""
    supervisor = Supervisor()
    collect_garbage_seldom()
    try:
        _start(supervisor, app, listener)
    except (StartError, OSError) as error:
        supervisor.stop()
        logs.give_up(str(error))
        return 1
    _report_ready(reports_to, report)
    supervisor.watch()
    supervisor.stop()
    return 0


def _start(supervisor: Supervisor, app: Flask, listener: socket.socket) -> None:
    """Start what serves, and wait until all of it does.

    Raises:
        OSError: There is no room for another process.
        StartError: One of them ended, or took too long.
    """
    is_told, tells = os.pipe()
    for end in (is_told, tells):
        os.set_blocking(end, False)
    for number in range(1, PROCESSES + 1):
        serve = partial(_serve, app, listener, tells, f"web process {number}")
        running = supervisor.start(Member("web process", serve, STOP_SECONDS))
        supervisor.wait_until_ready(running, partial(_is_told, is_told), READY_SECONDS, NOT_READY)


def _is_told(descriptor: int) -> bool:
    try:
        return bool(os.read(descriptor, 1))
    except BlockingIOError:
        return False


def _serve(app: Flask, listener: socket.socket, tells: int, name: str) -> int:
    """Answer on the socket, until told to stop."""
    signal.signal(signal.SIGTERM, _leave)
    show_module("sleuth.serve.web", "pages")
    logs.rename(name)
    server = create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        connection_limit=allow_connections(),
        asyncore_use_poll=True,  # the alternative cannot watch so many
        max_request_body_size=2 * LARGEST_BODY,  # the application refuses less in its own words
        ident=None,
        clear_untrusted_proxy_headers=False,  # the application decides whom it believes
    )
    watch_parent()
    with suppress(BlockingIOError):  # nobody waits for what is started again
        os.write(tells, b"+")
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


def _report_ready(descriptor: int, report: Mapping[str, str | None]) -> None:
    """Tell the supervisor, if it still listens, that pages are answered from now on."""
    try:
        with os.fdopen(descriptor, "w") as stream:
            json.dump(report, stream)
    except BrokenPipeError:
        return


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
