"""Takes the pictures of README and docs, from a demo of its own; ``./run pictures`` starts it."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WINDOW = {"width": 1280, "height": 1010}
SHARPNESS = 1.5
"""Pixels of a picture for each of the page."""

PATIENCE_SECONDS = 300
CALM_SECONDS = 15
"""How long no health may have changed until all that is to be judged has been."""

HEALTHS = "cards => cards.map(each => [...each.classList].find(name => /^health-/.test(name)))"
WITHOUT_DEMO = "document.querySelectorAll('[class*=demo-]').forEach(each => each.remove())"


class PicturesError(Exception):
    """Why there are no pictures, in one sentence."""


def take_dashboard(page: Page, path: Path) -> None:
    """Show a project: its environments, the deploys of late, the first cards."""
    page.screenshot(path=path)


def take_evidence(page: Page, path: Path) -> None:
    """Show why the first deploy that changed something got its verdict, opened in place."""
    card = page.locator(".deploy-card:is(.health-unhealthy, .health-improved)").first
    card.locator("summary", has_text="Why?").first.click()
    card.locator(".evidence").first.wait_for()
    page.wait_for_load_state("networkidle")
    card.locator(".impact").screenshot(path=path)


PICTURES: dict[str, Callable[[Page, Path], None]] = {
    "dashboard": take_dashboard,
    "evidence": take_evidence,
}
SUFFIXES = {"light": "", "dark": "-dark"}


def names() -> set[str]:
    """Return the names of the files that are written."""
    return {f"{name}{suffix}.png" for name in PICTURES for suffix in SUFFIXES.values()}


def main(arguments: list[str]) -> None:
    """Take all pictures; those that are there stay until the new ones are complete."""
    parser = argparse.ArgumentParser(prog="./run pictures", description=main.__doc__)
    parser.add_argument("--into", type=Path, default=IMAGES, help="folder (docs/images)")
    folder: Path = parser.parse_args(arguments).into
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(playwright), args=["--no-sandbox"]
        )
        with demo(Path(work, "var")) as address:
            take_all(browser, address, Path(work))
        browser.close()
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(names()):
            shutil.copyfile(Path(work, name), folder / name)
            print(folder / name)


def chromium(playwright: Playwright) -> str:
    """Return the path of the system's Chromium, or of the one that Playwright has installed.

    Raises:
        PicturesError: There is none.
    """
    own = playwright.chromium.executable_path
    found = [*filter(None, map(shutil.which, CHROMIUMS)), *([own] if Path(own).exists() else [])]
    if not found:
        raise PicturesError(
            "Pictures need Chromium: install your system's package for it (on Debian: chromium), "
            "or run .venv/bin/playwright install chromium."
        )
    return found[0]


@contextmanager
def demo(data_dir: Path) -> Iterator[str]:
    """Run a demo on a free port; yields its address.

    Raises:
        PicturesError: It does not start.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SLEUTH_")}
    with data_dir.with_suffix(".log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sleuth.serve", "--demo", "--port", "0"],
            cwd=ROOT,
            env={**clean, "SLEUTH_DATA_DIR": str(data_dir)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            yield _address(process)
        finally:
            process.terminate()
            process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    printed = ""
    while "Press Ctrl-C" not in printed:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise PicturesError("The demo did not start; ./run demo says why.")
        printed += line
    return re.findall(r"Sleuth runs at (\S+)", printed)[0]


def take_all(browser: Browser, address: str, folder: Path) -> None:
    """Take every picture in both themes once all deploys are judged."""
    for theme, suffix in SUFFIXES.items():
        context = browser.new_context(
            viewport=WINDOW,
            color_scheme=theme,
            device_scale_factor=SHARPNESS,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        page = context.new_page()
        page.goto(address)
        page.get_by_role("button", name="Enter the demo").click()
        page.wait_for_url("**/o/*/")
        shown = f"{page.url}?project=storefront"
        wait_until_judged(page, shown)
        for name, take in PICTURES.items():
            page.goto(shown)
            page.wait_for_load_state("networkidle")
            page.evaluate(WITHOUT_DEMO)
            take(page, folder / f"{name}{suffix}.png")
        context.close()


def wait_until_judged(page: Page, url: str) -> None:
    """Look again until several healths are there and none has changed for a while.

    Raises:
        PicturesError: That takes too long.
    """
    began = since = time.monotonic()
    before: list[str] = []
    while len(set(before)) < 3 or time.monotonic() - since < CALM_SECONDS:
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise PicturesError("The demo has not judged its deploys in time; try again.")
        page.goto(url)
        healths = page.locator(".deploy-card").evaluate_all(HEALTHS)
        if healths != before:
            before, since = healths, time.monotonic()
        page.wait_for_timeout(1000)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except PicturesError as error:
        sys.exit(str(error))
