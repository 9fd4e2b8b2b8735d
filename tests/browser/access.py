"""What hinders somebody on a page: it does not fit, or axe-core finds something wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.browser.axe import problems_for_some
from tests.browser.visitor import NARROW, WIDE, colour_of

DIALOG_LINKS = "a[hx-target='#dialog-body']"
FOLDS = 6
"""How many things that can be opened in place are opened: those of later cards look alike."""

_UNFOLD = """async (most) => {
    const folds = [...document.querySelectorAll("main details:not([data-menu])")];
    for (const each of folds.slice(0, most)) each.open = true;
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
}"""
_TOO_WIDE = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const isOut = each => each.getBoundingClientRect().right > root.clientWidth + 1;
    const isCut = each => each !== document.body
        && (getComputedStyle(each).overflowX !== "visible" || isCut(each.parentElement));
    const found = [...document.body.querySelectorAll("*")]
        .filter(each => isOut(each) && !isCut(each.parentElement));
    return [root, ...found].map(each => each.outerHTML.split(">")[0]).slice(-3);
}"""
"""Names the first elements that reach over the edge, if the page can be scrolled there."""


def unfold(page: Page) -> None:
    """Open what can be opened in place, and wait for what is loaded there."""
    page.evaluate(_UNFOLD, FOLDS)
    expect(page.locator("main .htmx-request")).to_have_count(0)


def problems_in_two_windows(
    page: Page, within: str = "", *, with_axe: bool = True
) -> Iterator[str]:
    """Look at a page in a narrow, dark window, and then in a wide, light one.

    Args:
        within: A selector; with it, axe looks at that part alone.
        with_axe: Whether it looks at all, which takes most of the time.
    """
    for name, size, colours in (("narrow", NARROW, "dark"), ("wide", WIDE, "light")):
        page.emulate_media(color_scheme=colours)
        page.set_viewport_size(size)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", colours)
        is_dark = max(colour_of(page.locator("body"), "backgroundColor")) < 64
        if is_dark != (colours == "dark"):
            yield f"is not {colours}"
        yield from (f"too wide if {name}: {each}" for each in page.evaluate(_TOO_WIDE))
        if with_axe:
            yield from (f"if {name}, {each}" for each in problems_for_some(page, within))


def open_each(page: Page, addresses: list[str]) -> Iterator[str]:
    """Open the dialogs at these addresses one after the other by their links on a page.

    Each is left with Escape, after which the keyboard must have a place to go on from.
    """
    dialog = page.get_by_role("dialog")
    for address in addresses:
        page.locator(f"{DIALOG_LINKS}[href='{address}']").first.dispatch_event("click")
        expect(dialog).to_be_visible()
        yield address
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(page.locator(":focus")).to_have_count(1)
