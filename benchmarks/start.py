"""How long the product takes to start and stop, and what it takes while nobody uses it.

    .venv/bin/python benchmarks/start.py [--idle SECONDS]

Starts `./run` twice in a fresh data directory (the second start is measured), and prints
each figure beside a floor measured in the same run: a bare Python that imports the same
libraries. Linux only, because it reads /proc.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What is imported below is found by this path: hence E402 there.
sys.path.insert(0, str(ROOT))

from tests.operations.ports import free_port  # noqa: E402

FLOOR = "import flask, flask_sqlalchemy, flask_wtf, rq, pluggy, requests, cryptography, argon2"
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--idle", type=float, default=60.0, help="seconds to watch while idle")
    options = parser.parse_args()
    floor_seconds, floor_kib = measure_floor()
    with tempfile.TemporaryDirectory() as folder:
        stop(start(folder)[0])
        product, start_seconds = start(folder)
        time.sleep(5)
        cpu_seconds, kib = watch(product.pid, options.idle)
        stop_seconds = stop(product)
    show("second start", start_seconds, "s", floor_seconds, "at most 3 s")
    show("memory", kib / 1024, "MB", floor_kib / 1024, "under 350 MB")
    show("idle CPU", 100 * cpu_seconds / options.idle, "% of a core", 0, "none to speak of")
    show("stop", stop_seconds, "s", 0, "at most 10 s")


def measure_floor() -> tuple[float, float]:
    """Return seconds and KiB of a Python that imports the libraries and nothing else."""
    code = f"{FLOOR}; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    best, kib = float("inf"), 0.0
    for _ in range(3):
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        best, kib = min(best, time.monotonic() - began), float(done.stdout)
    return best, kib


def start(folder: str) -> tuple[subprocess.Popen[str], float]:
    """Start the product; returns it and the seconds until it answered a request."""
    port = free_port()
    environ = {**os.environ, "SLEUTH_DATA_DIR": folder}
    began = time.monotonic()
    product = subprocess.Popen(
        [ROOT / "run", "--port", str(port)],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    while not answers(port):
        if product.poll() is not None:
            sys.exit("./run ended by itself; start it by hand to see why.")
        time.sleep(0.02)
    return product, time.monotonic() - began


def answers(port: int) -> bool:
    """Tell whether a page comes back."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET /sign-in HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            return connection.recv(12).startswith(b"HTTP/1")
    except OSError:
        return False


def watch(pid: int, seconds: float) -> tuple[float, float]:
    """Return CPU seconds used in the time, and the resident memory in KiB at its end."""
    before = {each: cpu_ticks(each) for each in family(pid)}
    time.sleep(seconds)
    now = family(pid)
    used = sum(cpu_ticks(each) - before.get(each, 0) for each in now)
    return used / TICKS, sum(map(memory_kib, now))


def family(pid: int) -> list[int]:
    """Return a process and everything below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def cpu_ticks(pid: int) -> int:
    """Return the CPU time a process and its finished children have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


def memory_kib(pid: int) -> float:
    """Return resident memory, pages shared with others counted in parts."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("Pss:"))


def stop(product: subprocess.Popen[str]) -> float:
    """Send SIGTERM and return the seconds until everything had ended."""
    began = time.monotonic()
    product.send_signal(signal.SIGTERM)
    product.wait(30)
    return time.monotonic() - began


def show(name: str, value: float, unit: str, floor: float, promise: str) -> None:
    """Print one figure."""
    ratio = f"{value / floor:5.1f} x the floor of {floor:.2f} {unit}" if floor else ""
    print(f"{name:<14}{value:8.2f} {unit:<12}{ratio:<40}promised: {promise}")


if __name__ == "__main__":
    main()
