"""Two people who do the same: one has only a keyboard, the other's browser runs no scripts."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.visitor import Visitor

MOST_STEPS = 120
"""More than any page has that Tab stops at."""

_LOOK = """(wanted) => {
    const each = document.activeElement;
    if (!each || each === document.body) return {isThere: false, isNowhere: true, problem: ""};
    const box = each.getClientRects()[0] ?? new DOMRect();
    const style = getComputedStyle(each);
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const isCovered = !hit || !(each.contains(hit) || hit.contains(each));
    const isField = each.matches("input, select, textarea");
    const hasOutline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const hasRing = hasOutline || (isField && style.boxShadow !== "none");
    const isStop = each.tabIndex >= 0;
    let problem = "";
    if (!isStop) problem = "";
    else if (!box.width || !box.height) problem = "has no size";
    else if (isCovered) problem = `is covered by ${hit ? hit.outerHTML.slice(0, 120) : "the edge"}`;
    else if (!hasRing) problem = "shows no ring";
    if (problem) problem = `${each.outerHTML.slice(0, 200)} ${problem}`;
    return {isThere: each === wanted, isNowhere: false, name: each.outerHTML.slice(0, 90), problem};
}"""

_SOMEWHERE = "html:not([data-same-page]), :focus"


class Keyboard:
    """Uses Tab, Enter, Space, arrows and letters; each stop on the way has to be seen.

    What she pressed may load another page. If it does not, the focus has to be somewhere
    when she goes on.
    """

    has_scripts = True

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    def press(self, what: Locator, key: str = "Enter") -> None:
        """Go to a link, a button or a fold, and press it."""
        self.reach(what)
        self.page.evaluate("document.documentElement.dataset.samePage = true")
        self.page.keyboard.press(key)

    def enter(self, field: Locator, text: str) -> None:
        """Go to a field, whose text is selected by that, and type."""
        self.reach(field)
        self.page.keyboard.type(text)
        expect(field).to_have_value(text)

    def choose(self, field: Locator, option: str) -> None:
        """Go to a drop-down and press the arrow until the option is chosen."""
        self.reach(field)
        for _ in field.locator("option").all():
            if field.locator("option:checked").inner_text() == option:
                return
            self.page.keyboard.press("ArrowDown")
        assert field.locator("option:checked").inner_text() == option

    def reach(self, wanted: Locator) -> None:
        """Walk forward to something."""
        expect(wanted).to_be_visible()
        expect(self.page.locator(_SOMEWHERE).first).to_be_attached()  # it may be handed on now
        here = self._look(wanted)
        for _ in range(MOST_STEPS):
            if here["isThere"]:
                return
            self.page.keyboard.press("Tab")
            here = self._look(wanted)
        raise AssertionError("The keyboard does not reach it.")

    def walk_round(self) -> list[str]:
        """Walk to the end of the page, and as far back; return where Tab stopped."""
        there = self._walk("Tab", MOST_STEPS)
        assert len(there) < MOST_STEPS, f"There is no way out: {there[-9:]}"
        back = self._walk("Shift+Tab", len(there))
        assert there == back[::-1], "\n".join(["There:", *there, "Back:", *back])
        return there

    def _walk(self, key: str, steps: int) -> list[str]:
        whole, stops = self.page.locator("html"), list[str]()
        while len(stops) < steps:
            self.page.keyboard.press(key)
            here = self._look(whole)
            if here["isNowhere"]:
                break
            stops.append(here["name"])
        return stops

    def _look(self, wanted: Locator) -> dict[str, Any]:
        found: dict[str, Any] = wanted.evaluate(_LOOK)
        assert not found["problem"], found["problem"]
        return found

    def look_again(self) -> None:
        """Wait: pages draw themselves again."""


class WithoutScripts:
    """Clicks, and gets a page each time; a page that waits for something has to look again."""

    has_scripts = False

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    def press(self, what: Locator, key: str = "") -> None:
        """Click on a link, a button or a fold."""
        what.click()

    def enter(self, field: Locator, text: str) -> None:
        """Fill in a field."""
        field.fill(text)

    def choose(self, field: Locator, option: str) -> None:
        """Choose from a drop-down."""
        field.select_option(label=option)

    def look_again(self) -> None:
        """Load the page again: it does not know that somebody waits."""
        self.page.reload()


Hands = Keyboard | WithoutScripts
