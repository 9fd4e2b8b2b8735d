"""What two hundred open tabs feel, and what the server needs for them.

    .venv/bin/python benchmarks/load.py [--tabs N] [--minutes N] [--deploys N] [--pause SECONDS]
                                        [--register SECONDS]

Starts the whole product (web server, workers, tick, queue server) on a data directory of its own
with the company of company.py, whose counts are collected from a stand-in. Then so many tabs, each
on a connection of its own, ask whether anything has changed every four seconds, and now and then,
after a pause of random length, open the dashboard, a deploy, a card or the integrations. When they
hear of something to which an element of the page that they show listens, they draw that again, as
a browser does; with --register somebody registers a deploy so often. The tabs are coroutines of
one process; what it takes of a core is told, because it shares the machine with the server. For
comparison, one tab opens dashboards once all others ask no more. Ends with 1 after any error, or if
pages or new deploys take longer than promised. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import html
import json
import os
import random
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

import requests
from sqlalchemy import select

ROOT = Path(__file__).resolve().parent.parent
# What is imported below is found by this path: hence E402 there.
sys.path.insert(0, str(ROOT))

from benchmarks import company, floor  # noqa: E402
from benchmarks.collect import TICKS, command, process  # noqa: E402
from benchmarks.start import answers, cpu_ticks, family, memory_kib  # noqa: E402
from sleuth.accounts.models import TokenType  # noqa: E402
from sleuth.accounts.tokens import create_token  # noqa: E402
from sleuth.deploys.models import CodeDeployment, Deploy  # noqa: E402
from sleuth.extensions import db  # noqa: E402
from tests.conftest import PASSWORD  # noqa: E402
from tests.operations.ports import free_port  # noqa: E402

ALL = "pages in all"
PROMISED = {ALL: 250, "deploy shown": 5000}
POLL_SECONDS = 4
WARM_SECONDS = 180
PATIENCE_SECONDS = 30
LOOKS = 6
BETWEEN_LOOKS_SECONDS = 10
"""Memory is told as the mean of so many looks, because jobs come and go."""

ALONE = 50
"""So many dashboards are opened one after another, for comparison."""

HOME = "/o/watched"
AGENT = "Tab"
PAGES = ("dashboard", "deploy page", "integrations")
MIX = {"dashboard": 4, "deploy page": 3, "card": 2, "integrations": 1}
"""How often each is opened, beside the others."""

GZIP = b"\x1f\x8b"
LIVE = re.compile(r"/changes\?after=(\d+)")
TAG = re.compile(r"<\w[^>]*\bhx-trigger=[^>]*>")
ATTRIBUTE = re.compile(r'\b(id|hx-get|hx-trigger)="([^"]*)"')
TOLD = re.compile(r"(?i)^hx-trigger: (.*)$", re.MULTILINE)
SLEPT = "muchChanged"
HEARS = re.compile(r"(\w+Changed(?::[\w-]+)?) from:body")
LIST = "deploysChanged"
CARD = "deployChanged:"
HEALTH = "healthChanged"
CALM_SECONDS = 30
"""As in live.js: lists are drawn so often at most because of another health."""

MOST_CARDS = 8
"""As in live.js: more than so many are drawn with their list."""


@dataclass
class Part:
    """Something of a page that asks again by itself.

    Args:
        name: Its id.
        heard: On hearing of what.
    """

    name: str
    heard: set[str]

    @property
    def is_list(self) -> bool:
        """Whether a new deploy is shown in it."""
        return LIST in self.heard


@dataclass
class Past:
    """What is there before the first tab is opened.

    Args:
        deploys: Public ids of the newest ones.
        registers: Address at which a deploy is registered, and the token that it takes.
    """

    deploys: list[str]
    registers: tuple[str, str]


@dataclass
class Crowd:
    """All tabs, and what happened to them.

    Args:
        headers: Of every request: the session, and that gzip is read.
        took: Seconds of each answer, by kind; of a new deploy, until a tab shows it.
        registered_at: When the newest deploy was registered, by the monotonic clock.
    """

    port: int
    headers: str
    past: Past
    pause: float
    registered_at: float = 0.0
    took: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """Begin to measure anew, after warming up."""
        self.took.clear()

    def address(self, kind: str) -> str:
        """Return where something of this kind is found."""
        deploy = f"{HOME}/deploys/{random.choice(self.past.deploys)}"  # noqa: S311 -- no secret
        return {
            "dashboard": f"{HOME}/",
            "deploy page": deploy,
            "card": f"{deploy}/card",
            "integrations": f"{HOME}/integrations/error-trackers",
        }[kind]


class Tab:
    """One tab of a browser, with one connection that it keeps."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.after = 0
        self.saw = 0.0
        self.parts: dict[str, Part] = {}
        self.counted_at = 0.0
        self.owed: set[str] = set()

    async def live(self) -> None:
        """Ask every four seconds, and open something now and then, until cancelled."""
        await asyncio.sleep(random.uniform(0, POLL_SECONDS))  # noqa: S311
        next_at = time.monotonic() + self._pause() * random.random()  # noqa: S311
        while True:
            began = time.monotonic()
            told = await self.ask("changes", f"{HOME}/changes?after={self.after}")
            await self._draw_again(told or set())
            if began >= next_at:
                kind = random.choices([*MIX], [*MIX.values()])[0]  # noqa: S311
                await self.ask(kind, self.crowd.address(kind))
                next_at = time.monotonic() + self._pause()
            await asyncio.sleep(max(0.0, began + POLL_SECONDS - time.monotonic()))

    def _without_rush(self, told: set[str]) -> set[str]:
        anyway = {each.replace(LIST, HEALTH) for each in told}
        healths = {each for each in told - anyway if each.startswith(HEALTH)}
        is_rush = time.monotonic() - self.counted_at < CALM_SECONDS
        if healths and not is_rush:
            self.counted_at = time.monotonic()
        self.owed = healths if is_rush else set()
        return told - self.owed

    def _forget_cards(self) -> None:
        self.parts = {url: part for url, part in self.parts.items() if not url.endswith("/card")}

    def _pause(self) -> float:
        return random.expovariate(1 / self.crowd.pause)

    async def _draw_again(self, told: set[str]) -> None:
        """Ask again for what listens to what has happened; what the list draws, only with it."""
        told = self._without_rush(told | self.owed)
        cards = {each for each in told if each.startswith(CARD)}
        if sum(bool(each.heard & cards) for each in self.parts.values()) > MOST_CARDS:
            told = {*told, LIST}
        due = {url: part for url, part in self.parts.items() if part.heard & told or SLEPT in told}
        draws_list = any(part.is_list for part in due.values())
        for url, part in due.items():
            if draws_list and url.endswith("/card"):
                continue
            if part.is_list:
                self._forget_cards()
            about = self.crowd.registered_at
            is_drawn = await self.ask("drawn again", url, part.name) is not None
            if part.is_list and is_drawn and self.saw < about:
                self.saw = about
                self.crowd.took["deploy shown"].append(time.monotonic() - about)

    async def ask(self, kind: str, url: str, target: str = "") -> set[str] | None:
        """Ask once, and note how long it took or what went wrong; return what is told.

        Args:
            target: Id of what asks for itself.

        Returns:
            Nothing where no page came back.
        """
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                head, body = await self._exchange(url, kind, target)
        except (OSError, EOFError, TimeoutError) as error:
            self.crowd.errors.append(f"{kind}: {error!r}")
            self._hang_up()
            return None
        self.crowd.took[kind].append(time.monotonic() - began)
        if (status := head.split(" ", 2)[1]) not in {"200", "204"}:
            self.crowd.errors.append(f"{kind}: {status}")
            return None
        text = (gzip.decompress(body) if body[:2] == GZIP else body).decode()
        if found := LIVE.search(text):
            self.after = int(found[1])
        if kind in PAGES:
            self.counted_at, self.owed = 0.0, set()
            self.saw = began
            self.parts.clear()
        self.parts.update(parts(text))
        return set(json.loads(found[1])) if (found := TOLD.search(head)) else set()

    async def _exchange(self, url: str, kind: str, target: str) -> tuple[str, bytes]:
        """Send one request; return head and body of its answer."""
        reader, writer = self.streams or await asyncio.open_connection("127.0.0.1", self.crowd.port)
        self.streams = reader, writer
        htmx = "" if kind in PAGES else f"HX-Request: true\r\nHX-Target: {target}\r\n"
        writer.write(f"GET {url} HTTP/1.1\r\n{htmx}{self.crowd.headers}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = re.search(r"(?i)^content-length: (\d+)", head, re.MULTILINE)
        body = await reader.readexactly(int(length[1]) if length else 0)
        if "connection: close" in head.lower():
            self._hang_up()
        return head, body

    def _hang_up(self) -> None:
        if self.streams:
            self.streams[1].close()
        self.streams = None


def parts(text: str) -> dict[str, Part]:
    """Return what asks for itself again, by its address, in the page's order."""
    found: dict[str, Part] = {}
    for tag in TAG.findall(text):
        attributes = {name: html.unescape(value) for name, value in ATTRIBUTE.findall(tag)}
        if "hx-get" in attributes and (heard := set(HEARS.findall(attributes["hx-trigger"]))):
            found[attributes["hx-get"]] = Part(attributes.get("id", ""), heard)
    return found


def main() -> int:
    """Measure and print; return the exit code."""
    options = parse()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stand_in = free_port()
        os.environ["SLEUTH_SENTRY_URL"] = f"http://127.0.0.1:{stand_in}"
        past = fill(folder, options.deploys, f"http://127.0.0.1:{stand_in}")
        script = [sys.executable, ROOT / "benchmarks" / "stand_in.py", stand_in]
        stack.enter_context(process([str(each) for each in script]))
        pid, port = stack.enter_context(product())
        crowd = Crowd(port, sign_in(port), past, options.pause)
        return watch(crowd, pid, options)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tabs", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--deploys", type=int, default=10_000)
    parser.add_argument(
        "--pause", type=float, default=60, help="seconds between two pages of a tab"
    )
    parser.add_argument(
        "--register", type=float, default=0, help="seconds between two new deploys; 0 for none"
    )
    return parser.parse_args()


def fill(folder: str, deploys: int, collected_from: str) -> Past:
    """Fill a data directory."""
    app = floor.make_app(folder)
    with app.app_context():
        company.fill(deploys, collected_from)
        newest = select(Deploy.public_id).order_by(Deploy.deployed_at.desc()).limit(100)
        found = list(db.session.scalars(newest))
        deployment = db.session.scalars(select(CodeDeployment).limit(1)).one()
        address = f"/api/1/deployments{HOME[2:]}/{deployment.slug}/register_deploy"
        token = create_token(deployment.organization_id, "CI", TokenType.REGISTER_DEPLOY).raw
        db.session.remove()
        db.engine.dispose()
    return Past(found, (address, token))


@contextmanager
def product() -> Iterator[tuple[int, int]]:
    """Run the whole product; returns the supervisor's process id and the port."""
    port = free_port()
    with process([sys.executable, "-m", "sleuth.serve", "--port", str(port)]) as running:
        while not answers(port):
            if running.poll() is not None:
                sys.exit("The product ended by itself; start ./run to see why.")
            time.sleep(0.05)
        yield running.pid, port


def sign_in(port: int) -> str:
    """Sign in once; all tabs are those of one person. Return the headers of their requests."""
    browser = requests.Session()
    browser.headers["User-Agent"] = AGENT  # a session is begun anew where the browser is another
    url = f"http://127.0.0.1:{port}/sign-in"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(url).text)
    form = {"email": floor.EMAIL, "password": PASSWORD, "csrf_token": token[1] if token else ""}
    if not browser.post(url, data=form).url.endswith(f"{HOME}/"):
        sys.exit("Nobody could sign in.")
    cookie = f"sleuth_session={browser.cookies['sleuth_session']}"
    lines = (
        f"Host: 127.0.0.1:{port}",
        f"Cookie: {cookie}",
        f"User-Agent: {AGENT}",
        "Accept-Encoding: gzip",
        "Sec-Fetch-Site: same-origin",
    )
    return "".join(f"{line}\r\n" for line in lines)


def watch(crowd: Crowd, pid: int, options: argparse.Namespace) -> int:
    """Let the tabs live, and print what they felt and what the server took; the exit code."""
    web = next(each for each in family(pid) if "sleuth.serve.web" in command(each))
    figures = asyncio.run(live(crowd, pid, web, options))
    pages = sorted(each for kind in PAGES for each in crowd.took[kind])
    for kind in ("changes", *MIX, "drawn again"):
        show(kind, sorted(crowd.took[kind]))
    slowest = {ALL: show(ALL, pages)}
    if options.register:
        slowest["deploy shown"] = show("deploy shown", crowd.took["deploy shown"])
    compare(crowd.took["dashboard"], figures["alone"])
    print(f"{'errors':<16}{len(crowd.errors):>8}{'':<38}promised: none")
    for each in crowd.errors[:5]:
        print(f"  {each}")
    print(f"{'memory, web':<16}{figures['web']} MB; all others {figures['others']} MB")
    print(f"{'CPU, server':<16}{100 * figures['server']:8.0f} % of a core")
    print(f"{'CPU, tabs':<16}{100 * figures['tabs']:8.0f} % of a core")
    print(f"{'load':<16}{os.getloadavg()[0]:8.1f} on {os.cpu_count()} cores")
    is_kept = all(0 < took <= PROMISED[name] for name, took in slowest.items())
    return 0 if is_kept and not crowd.errors else 1


async def live(crowd: Crowd, pid: int, web: int, options: argparse.Namespace) -> dict[str, Any]:
    """Run all tabs for so long; return memory and CPU between warming up and the end.

    And the seconds that dashboards take after it, when nobody else asks.
    """
    tabs = [asyncio.create_task(Tab(crowd).live()) for _ in range(options.tabs)]
    if options.register:
        tabs.append(asyncio.create_task(register(crowd, options.register)))
    first = await memory_after(WARM_SECONDS, pid, web)
    crowd.forget()
    began, before, own = time.monotonic(), server_seconds(pid), time.process_time()
    last = await memory_after(60 * options.minutes, pid, web)
    server, own = server_seconds(pid) - before, time.process_time() - own
    seconds = time.monotonic() - began
    for each in tabs:
        each.cancel()
    ends = await asyncio.gather(*tabs, return_exceptions=True)
    crowd.errors += [repr(each) for each in ends if isinstance(each, Exception)]
    return {
        "alone": await alone(crowd),
        "server": server / seconds,
        "tabs": own / seconds,
        "web": f"{first[0]:.0f} at first, {last[0]:.0f} at last",
        "others": f"{first[1]:.0f}, {last[1]:.0f}",
    }


async def alone(crowd: Crowd) -> list[float]:
    """Return the seconds that a tab waits for dashboards while no other asks."""
    quiet = replace(crowd, took=defaultdict(list))
    tab = Tab(quiet)
    for _ in range(ALONE):
        if await tab.ask("dashboard", quiet.address("dashboard")) is None:
            break  # told among the errors
    return quiet.took["dashboard"]


async def register(crowd: Crowd, seconds: float) -> None:
    """Register a deploy every so many seconds, until cancelled."""
    address, token = crowd.past.registers
    while True:
        await asyncio.sleep(seconds)
        began = time.monotonic()
        try:
            answer = await asyncio.to_thread(
                requests.post,
                f"http://127.0.0.1:{crowd.port}{address}",
                json={"sha": f"{random.getrandbits(160):040x}"},
                headers={"Authorization": f"Bearer {token}"},
                timeout=PATIENCE_SECONDS,
            )
            answer.raise_for_status()
        except requests.RequestException as error:
            crowd.errors.append(f"register: {error!r}")
        else:
            crowd.registered_at = began


async def memory_after(seconds: float, pid: int, web: int) -> tuple[float, float]:
    """Let so much time pass; return what web server and others had in memory at its end."""
    await asyncio.sleep(seconds - LOOKS * BETWEEN_LOOKS_SECONDS)
    looks = []
    for _ in range(LOOKS):
        await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
        all_of_it, pages = await asyncio.to_thread(lambda: (memory_mb(pid), memory_mb(web)))
        looks.append((pages, all_of_it - pages))
    pages, others = zip(*looks, strict=True)
    return fmean(pages), fmean(others)


def server_seconds(pid: int) -> float:
    """Return the CPU time of all processes of the product."""
    return sum(map(cpu_ticks, family(pid))) / TICKS


def memory_mb(pid: int) -> float:
    """Return what a process and all below it have in memory."""
    total = 0.0
    for each in family(pid):
        with suppress(OSError):
            total += memory_kib(each) / 1024
    return total


def compare(took: list[float], alone: list[float]) -> None:
    """Print how long a dashboard takes by itself, and how much longer among all tabs."""
    if len(took) < 2 or len(alone) < 2:
        return
    cuts, alone_cuts = quantiles(took, n=100), quantiles(alone, n=100)
    times = [f"p{n} {cuts[n - 1] / alone_cuts[n - 1]:.1f} x" for n in (50, 99)]
    show("alone", alone)
    print(f"{'':<16}{'':>8} of that a dashboard takes among all tabs {', '.join(times)}")


def show(name: str, took: list[float]) -> float:
    """Print how long answers took; return the 99th percentile in milliseconds, 0 if unknown."""
    if len(took) < 2:
        print(f"{name:<16}{len(took):>8} answers")
        return 0.0
    cuts = [1000 * each for each in quantiles(took, n=100)]
    promise = f"   promised: p99 {PROMISED[name]} ms" if name in PROMISED else ""
    figures = f"p50 {cuts[49]:6.0f} ms, p99 {cuts[98]:6.0f} ms"
    print(f"{name:<16}{len(took):>8} answers, {figures}{promise}")
    return cuts[98]


if __name__ == "__main__":
    sys.exit(main())
