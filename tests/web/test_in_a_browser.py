"""What only a browser can show: focus, closing, toasts, colours, and the console."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, abort, render_template, request
from flask_wtf import FlaskForm
from jinja2 import ChoiceLoader, DictLoader
from playwright.sync_api import Page, expect
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired

from sleuth.web import dialog_done, render_dialog

pytestmark = pytest.mark.browser

TEMPLATES = {
    "home.html": """
        {% extends "base.html" %}
        {% from "_dialogs.html" import dialog_link %}
        {% from "_ui.html" import copyable %}
        {% block title %}Home{% endblock %}
        {% block content %}
          {{ dialog_link("Rename", "/rename", id="rename") }}
          {{ dialog_link("Wait", "/wait") }}
          {{ dialog_link("Forbidden", "/forbidden") }}
          <div hx-get="/name" hx-trigger="projectChanged from:body" hx-swap="morph:outerHTML">
            Old name {{ dialog_link("Rename inside", "/rename") }}
          </div>
          {{ copyable("text to copy") }}
        {% endblock %}""",
    "rename.html": """
        {% from "_dialogs.html" import dialog_form %}
        {% from "_forms.html" import field %}
        {% call dialog_form("Rename it", "/rename", "/") %}
          {{ field(form.new_name) }}
        {% endcall %}""",
    "wait.html": """
        {% from "_dialogs.html" import dialog_shell, running, cancel %}
        {% call dialog_shell("Wait") %}{{ running("Asked " ~ times, "/wait") }}{{ cancel("/") }}
        {% endcall %}""",
}


class Rename(FlaskForm):
    new_name = StringField("New name", validators=[DataRequired("Give it a name.")])


def rename() -> Response:
    form = Rename()
    if form.validate_on_submit():
        return dialog_done("/", event="projectChanged", message="Renamed.")
    return render_dialog("rename.html", 422 if request.method == "POST" else 200, form=form)


@pytest.fixture
def asked() -> list[str]:
    """The paths of the requests for the running dialog."""
    return []


@pytest.fixture
def home(kit: Flask, served: str, asked: list[str], page: Page) -> Iterator[Page]:
    """A page with dialogs, in a browser whose console must tell of no violation."""
    loader = kit.jinja_env.loader
    assert loader is not None
    kit.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), loader])

    def wait() -> Response:
        asked.append(request.path)
        return render_dialog("wait.html", times=len(asked))

    kit.add_url_rule("/", "home", lambda: render_template("home.html"))
    kit.add_url_rule("/rename", "rename", rename, methods=["GET", "POST"])
    kit.add_url_rule("/wait", "wait", wait)
    kit.add_url_rule("/forbidden", "forbidden", lambda: abort(403, "Only owners may."))
    kit.add_url_rule("/name", "name", lambda: "<p>New name</p>")
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(f"Uncaught: {error}"))
    page.goto(served)
    yield page
    assert not [each for each in told if "Content Security Policy" in each or "Uncaught" in each]


def test_a_dialog_opens_with_the_focus_on_its_first_field(home: Page) -> None:
    home.get_by_role("link", name="Rename", exact=True).click()
    expect(home.get_by_role("dialog", name="Rename it")).to_be_visible()
    expect(home.get_by_label("New name")).to_be_focused()


def test_a_card_that_redraws_itself_can_open_a_dialog_again(home: Page) -> None:
    for _time in range(2):
        home.get_by_role("link", name="Rename inside").click()
        expect(home.get_by_role("dialog", name="Rename it")).to_be_visible()
        home.keyboard.press("Escape")


@pytest.mark.parametrize("way", ["Escape", "cross", "Cancel", "backdrop"])
def test_a_dialog_can_be_left_and_gives_the_focus_back(home: Page, way: str) -> None:
    home.get_by_role("link", name="Rename", exact=True).click()
    dialog = home.get_by_role("dialog")
    expect(dialog).to_be_visible()
    if way == "Escape":
        home.keyboard.press("Escape")
    elif way == "cross":
        dialog.get_by_role("button", name="Close").click()
    elif way == "Cancel":
        dialog.get_by_role("link", name="Cancel").click()
    else:
        home.mouse.click(5, 5)
    expect(dialog).to_be_hidden()
    expect(home.get_by_role("link", name="Rename", exact=True)).to_be_focused()


def test_an_error_keeps_the_dialog_open_and_takes_the_focus(home: Page) -> None:
    home.get_by_role("link", name="Rename", exact=True).click()
    home.get_by_label("New name").fill(" ")
    home.get_by_role("button", name="Save").click()
    expect(home.get_by_role("alert")).to_have_text("Give it a name.")
    expect(home.get_by_label("New name")).to_be_focused()


def test_success_closes_the_dialog_and_redraws_what_changed(home: Page) -> None:
    home.get_by_role("link", name="Rename", exact=True).click()
    home.get_by_label("New name").fill("x")
    home.get_by_role("button", name="Save").click()
    expect(home.get_by_role("dialog")).to_be_hidden()
    expect(home.get_by_role("status")).to_have_text("Renamed.")
    expect(home.get_by_text("New name")).to_be_visible()


def test_a_refusal_is_a_toast_that_can_be_dismissed(home: Page) -> None:
    home.get_by_role("link", name="Forbidden").click()
    toasts = home.get_by_role("status")
    expect(toasts).to_have_text("Only owners may.")
    toasts.get_by_role("button", name="Dismiss").click()
    expect(toasts).to_be_empty()


def test_a_lost_connection_is_said_once(home: Page) -> None:
    home.context.set_offline(True)
    for _attempt in range(2):
        home.get_by_role("link", name="Rename", exact=True).click()
    expect(home.get_by_text("No connection to Sleuth.")).to_have_count(1)
    home.context.set_offline(False)
    home.get_by_role("link", name="Rename", exact=True).click()
    expect(home.get_by_text("No connection to Sleuth.")).to_have_count(0)


def test_waiting_leaves_the_focus_where_it_is(home: Page) -> None:
    home.clock.install()
    home.get_by_role("link", name="Wait").click()
    cancel = home.get_by_role("link", name="Cancel")
    cancel.focus()
    home.clock.run_for(1000)
    expect(home.get_by_text("Asked 2")).to_be_visible()
    expect(cancel).to_be_focused()


def test_a_closed_dialog_asks_no_more(home: Page, asked: list[str]) -> None:
    home.clock.install()
    home.get_by_role("link", name="Wait").click()
    expect(home.get_by_text("Asked 1")).to_be_visible()
    home.keyboard.press("Escape")
    expect(home.locator("#dialog-body")).to_be_empty()
    home.clock.run_for(5000)
    home.evaluate("fetch('/name')")
    assert len(asked) == 1


def test_the_colours_chosen_stay_chosen(home: Page) -> None:
    home.get_by_role("button", name="Dark").click()
    home.reload()
    expect(home.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(home.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def test_a_command_can_be_copied(home: Page) -> None:
    home.context.grant_permissions(["clipboard-read", "clipboard-write"])
    home.get_by_role("button", name="Copy").click()
    expect(home.get_by_role("status")).to_have_text("Copied.")
    assert home.evaluate("navigator.clipboard.readText()") == "text to copy"


def test_the_menu_of_a_narrow_window_opens_and_closes(home: Page) -> None:
    home.set_viewport_size({"width": 390, "height": 800})
    sidebar = home.get_by_role("complementary", name="Sidebar")
    expect(sidebar).to_be_hidden()
    home.get_by_role("button", name="Menu").click()
    expect(sidebar).to_be_visible()
    home.keyboard.press("Escape")
    expect(sidebar).to_be_hidden()
