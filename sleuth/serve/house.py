"""Puts one installation together: settings, keys, lock, socket, children."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sleuth import config
from sleuth.serve import demo, logs, queue_server
from sleuth.serve.children import Child, python
from sleuth.serve.supervisor import StartError, Supervisor

READY_SECONDS = 300.0
"""Longest wait for the web server: a migration of a large database takes its time."""
BACKLOG = 128
WEB_STOP_SECONDS = 4.5
"""Asked again after half of it, it kills what still answers; by then nothing does."""

CREW = ("worker", "worker", "collector", "tick")
"""Two workers, so that nobody waits behind a job that hangs."""

CREW_STOP_SECONDS = 12.0
"""After half of it a crew is asked again, and kills what still runs; by then nothing does."""


def run(
    host: str | None, port: str | None, *, is_demo: bool = False, is_reset: bool = False
) -> int:
    """Start everything, say where it is, and stay until told to stop.

    Returns:
        The exit code: 0 after an ordered stop, 1 when something indispensable did not start.
    """
    os.umask(0o077)
    logs.configure("supervisor")
    supervisor = Supervisor()
    try:
        values = _settings(host, port, is_demo=is_demo)
        lock = _take_lock(Path(values["SLEUTH_DATA_DIR"]))
        if is_demo and is_reset:
            demo.ask_for_reset(Path(values["SLEUTH_DATA_DIR"]))
        listener = _listen(values["SLEUTH_HOST"], values["SLEUTH_PORT"])
        with lock, listener:
            _start(supervisor, values, listener, is_demo=is_demo)
            supervisor.watch()
            supervisor.stop()
    except (StartError, config.SettingError) as error:
        supervisor.stop()
        logs.give_up(str(error))
        return 1
    return 0


def _settings(host: str | None, port: str | None, *, is_demo: bool) -> dict[str, Any]:
    """Put the command line into the environment, which the children share, and read it."""
    for name, value in (("SLEUTH_HOST", host), ("SLEUTH_PORT", port)):
        if value is not None:
            os.environ[name] = value
    if is_demo:
        os.environ.update(demo.environ(os.environ))
    return config.load(os.environ)


def _take_lock(data_dir: Path) -> IO[str]:
    """Create the data directory with its keys, and make it ours."""
    try:
        config.create_keys(data_dir)
        lock = (data_dir / "run.lock").open("a")
    except OSError as error:
        raise StartError(
            f"The data directory {data_dir} cannot be used ({error.strerror}); make it "
            "writable or set SLEUTH_DATA_DIR to another one."
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise StartError(f"Another ./run already serves the data directory {data_dir}.") from None
    return lock


def _listen(host: str, port: int) -> socket.socket:
    """Bind the web server's socket once, so that it outlives a web server that dies."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except socket.gaierror:
        raise StartError(f"The host {host} is not an address of this machine.") from None
    except OSError as error:
        raise StartError(
            f"Port {port} on {host} cannot be used ({os.strerror(error.errno or 0)}); choose "
            "another with ./run --port."
        ) from None


def _start(
    supervisor: Supervisor, values: Mapping[str, Any], listener: socket.socket, *, is_demo: bool
) -> None:
    """Start the children; those that need the database wait until it is up to date."""
    _start_queue_server(supervisor, values)
    for child in demo.children(os.environ) if is_demo else ():
        supervisor.start(child)
    report = _start_web_server(supervisor, listener, is_demo=is_demo)
    if supervisor.is_stopping:
        return
    command = python("sleuth.serve.crew", *CREW)
    supervisor.start(Child("crew", command, stop_seconds=CREW_STOP_SECONDS))
    _announce(values, listener, report)


def _start_queue_server(supervisor: Supervisor, values: Mapping[str, Any]) -> None:
    if values["SLEUTH_REDIS_URL"]:
        return
    supervisor.wait_until_ready(
        supervisor.start(queue_server.make_child(values)),
        lambda: queue_server.is_ready(values),
        queue_server.START_SECONDS,
        f"The queue server did not start; {values['SLEUTH_DATA_DIR']}/queue/server.log says "
        "why. That folder may be removed: it holds nothing but waiting jobs, and how often "
        "somebody was wrong of late.",
    )


def _start_web_server(
    supervisor: Supervisor, listener: socket.socket, *, is_demo: bool
) -> dict[str, Any]:
    """Start the web server and return what it reports once it answers pages."""
    reader, writer = os.pipe()
    arguments = [f"--listen={listener.fileno()}", f"--report={writer}"]
    arguments += ["--demo"] if is_demo else []
    child = Child(
        "web server",
        python("sleuth.serve.web", *arguments),
        stop_seconds=WEB_STOP_SECONDS,
        inherits=(listener.fileno(), writer),
    )
    running = supervisor.start(child)
    report = Report(reader)
    supervisor.wait_until_ready(running, report.is_complete, READY_SECONDS, "")
    return report.content()


@dataclass
class Report:
    """What a child writes to a pipe when it is ready."""

    descriptor: int
    text: bytes = b""

    def __post_init__(self) -> None:
        os.set_blocking(self.descriptor, False)

    def is_complete(self) -> bool:
        """Read what has arrived; a report is one JSON object."""
        try:
            self.text += os.read(self.descriptor, 4096)
        except BlockingIOError:
            return False
        return self.text.endswith(b"}")

    def content(self) -> dict[str, Any]:
        """Return the report, empty if none came."""
        report: dict[str, Any] = json.loads(self.text or b"{}")
        return report


def _announce(
    values: Mapping[str, Any],
    listener: socket.socket,
    report: Mapping[str, Any],
) -> None:
    host, port = listener.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    lines = [f"Sleuth runs at {values['SLEUTH_PUBLIC_URL'] or f'http://{host}:{port}'}"]
    if report.get("setup_code"):
        lines += [f"Nobody can sign in yet; the set-up page asks for {report['setup_code']}"]
    if values["SLEUTH_DEMO"]:
        lines += ["One click there lets you in; ./run demo --reset begins again."]
    print(*lines, "Press Ctrl-C to stop.", sep="\n", flush=True)  # noqa: T201
