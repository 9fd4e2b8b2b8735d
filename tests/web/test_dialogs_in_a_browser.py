"""Dialogs under rough conditions: pressed twice, left by mistake, cut off, in a tiny window."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.web.conftest import fill, open_dialog

pytestmark = pytest.mark.browser


def test_pressing_twice_sends_once(home: Page, dialog: Locator, sent: list[dict[str, str]]) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    home.route("**/connect", hold)
    fill(dialog)
    dialog.get_by_label("Note").press("Enter")
    dialog.get_by_label("Note").press("Enter")
    save = dialog.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    save.dispatch_event("click")
    for route in held:
        route.continue_()
    expect(dialog).to_be_hidden()
    home.evaluate("fetch('/')")
    assert len(sent) == 1


@pytest.mark.parametrize("way", ["Escape", "cross", "backdrop"])
def test_what_was_typed_is_there_again_after_a_dialog_was_left_by_mistake(
    home: Page, dialog: Locator, way: str
) -> None:
    fill(dialog)
    if way == "Escape":
        home.keyboard.press("Escape")
    elif way == "cross":
        dialog.get_by_role("button", name="Close").click()
    else:
        home.mouse.click(5, 5)
    expect(dialog).to_be_hidden()
    again = open_dialog(home)
    expect(again.get_by_text("What you had typed is here again.")).to_be_visible()
    expect(again.get_by_label("Name")).to_have_value("Mine")
    expect(again.get_by_label("Kind")).to_have_value("b")
    expect(again.get_by_label("Token")).to_have_value("")
    again.get_by_role("button", name="Start afresh").click()
    expect(again.get_by_label("Name")).to_have_value("")


def test_cancel_keeps_nothing_and_neither_does_a_dialog_without_a_change(
    home: Page, dialog: Locator
) -> None:
    fill(dialog)
    dialog.get_by_role("link", name="Cancel").click()
    for _time in range(2):
        again = open_dialog(home)
        expect(again.get_by_label("Name")).to_have_value("")
        home.keyboard.press("Escape")
        expect(again).to_be_hidden()
    expect(home.locator(".toast-box")).to_have_count(0)


def test_a_connection_lost_while_sending_keeps_the_dialog_and_what_was_typed(
    home: Page, dialog: Locator
) -> None:
    fill(dialog)
    home.context.set_offline(True)
    dialog.get_by_role("button", name="Save").click()
    trouble = dialog.get_by_role("alert")
    expect(trouble).to_contain_text("No connection to Sleuth.")
    expect(trouble).to_contain_text("What you typed is still here.")
    expect(dialog.get_by_label("Token")).to_have_value("secret")
    home.context.set_offline(False)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(home.get_by_text("Connected.")).to_be_visible()


def test_a_server_that_fails_says_so_inside_the_dialog(home: Page, dialog: Locator) -> None:
    fill(dialog)
    home.route("**/connect", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("not to be reached just now")
    expect(dialog.get_by_label("Name")).to_have_value("Mine")


def test_the_focus_returns_to_an_opener_that_was_drawn_again(home: Page, dialog: Locator) -> None:
    home.evaluate(
        """() => {
            const link = document.querySelector("[hx-get='/connect']");
            link.replaceWith(link.cloneNode(true));
        }"""
    )
    home.keyboard.press("Escape")
    expect(home.get_by_role("link", name="Connect", exact=True)).to_be_focused()


def test_several_errors_are_summed_up_with_ways_to_each(dialog: Locator) -> None:
    for label in ("Name", "Token"):
        dialog.get_by_label(label).fill(" ")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("2 fields need another look:")).to_be_visible()
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_role("link", name="Token").click()
    expect(dialog.get_by_label("Token")).to_be_focused()


def test_in_a_tiny_window_every_field_can_be_seen_and_nothing_sticks_out(
    home: Page, dialog: Locator
) -> None:
    home.set_viewport_size({"width": 320, "height": 400})
    assert dialog.evaluate("each => each.scrollWidth <= each.clientWidth")
    for label in ("Note", "Token", "Name"):
        field = dialog.get_by_label(label)
        field.focus()
        middle = field.evaluate(
            """each => {
                const { x, y, width, height } = each.getBoundingClientRect();
                return document.elementFromPoint(x + width / 2, y + height - 3) === each;
            }"""
        )
        assert middle, label


def test_a_token_loses_what_the_terminal_put_around_and_into_it(dialog: Locator) -> None:
    token = dialog.get_by_label("Token")
    token.evaluate(
        """each => {
            const clipboardData = new DataTransfer();
            const init = { clipboardData, bubbles: true, cancelable: true };
            clipboardData.setData("text/plain", ' "sntrys_ab\\u200bcd\\n  ef"\\r\\n');
            each.dispatchEvent(new ClipboardEvent("paste", init));
        }"""
    )
    expect(token).to_have_value("sntrys_abcdef")


def test_what_takes_long_shows_a_bar_and_what_is_quick_does_not(home: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    bar = home.locator(".top-bar")
    home.route("**/connect", hold)
    home.clock.pause_at(home.evaluate("Date.now()") / 1000 + 30)
    home.get_by_role("link", name="Connect", exact=True).click()
    home.clock.run_for(400)
    expect(bar).to_be_hidden()
    home.clock.run_for(200)
    expect(bar).to_be_visible()
    held[0].continue_()
    expect(home.get_by_role("dialog")).to_be_visible()
    expect(bar).to_be_hidden()


def test_exact_times_are_one_switch_away_and_stay_chosen(home: Page) -> None:
    told = home.locator("time")
    expect(told).to_have_text(re.compile("ago$"))
    home.get_by_role("button", name="Exact times").click()
    expect(told).not_to_have_text(re.compile("ago$"))
    home.reload()
    expect(home.get_by_role("button", name="Exact times")).to_have_attribute("aria-pressed", "true")
    expect(told).not_to_have_text(re.compile("ago$"))


def test_a_time_that_is_pointed_at_is_told_exactly_in_the_readers_zone(home: Page) -> None:
    told = home.locator("time")
    expect(told).to_have_attribute("title", re.compile("UTC$"))
    home.evaluate("""() => {
        const format = Intl.DateTimeFormat;
        Intl.DateTimeFormat = function (language, options) {
            return new format("en", { ...options, timeZone: "Asia/Kolkata" });
        };
    }""")
    told.hover()
    expect(told).to_have_attribute("title", re.compile(r"\d:\d\d .M GMT\+5:30$"))
