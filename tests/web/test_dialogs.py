from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask, get_template_attribute
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader
from werkzeug.wrappers import Response

from sleuth import clock
from sleuth.web import dialog_done, go_to, notify, render_dialog, render_partial_or_page
from tests.web.conftest import HTMX, squeeze

TEMPLATES = {
    "rename.html": """
        {% from "_dialogs.html" import dialog_form %}
        {% call dialog_form("Rename " ~ name, "/rename", "/back") %}a field{% endcall %}""",
    "remove.html": """
        {% from "_dialogs.html" import confirm_dialog %}
        {{ confirm_dialog("Disable?", "/remove", "/back", lost=["Shop: <b>errors</b>"]) }}""",
    "wait.html": """
        {% from "_dialogs.html" import dialog_shell, running %}
        {% call dialog_shell("Wait") %}{{ running("Asking Sentry", "/wait") }}{% endcall %}""",
    "_part.html": "only the part",
    "whole.html": "the whole page",
}


@pytest.fixture
def answering(kit: Flask) -> Iterator[Callable[[Callable[[], Response]], None]]:
    """Make ``/it`` answer with what the function returns."""
    loader = kit.jinja_env.loader
    assert loader is not None
    kit.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), loader])

    def answer_with(view: Callable[[], Response]) -> None:
        kit.add_url_rule("/it", "it", view, methods=["GET", "POST"])

    yield answer_with
    kit.jinja_env.loader = loader


@pytest.fixture
def rename(answering: Callable[..., None]) -> None:
    answering(lambda: render_dialog("rename.html", name="<Shop>"))


@pytest.mark.usefixtures("rename")
class TestForm:
    def test_htmx_gets_the_body_alone(self, visitor: FlaskClient) -> None:
        page = visitor.get("/it", headers=HTMX).text
        assert "<html" not in page
        assert 'id="dialog-title"' in page

    def test_in_a_dialog_the_form_posts_into_the_dialog(self, visitor: FlaskClient) -> None:
        page = visitor.get("/it", headers=HTMX).text
        assert 'hx-post="/rename" hx-target="#dialog-body"' in page

    def test_a_plain_browser_gets_a_page_with_the_same_form(self, visitor: FlaskClient) -> None:
        page = visitor.get("/it").text
        assert "<title>Rename &lt;Shop&gt; · Sleuth</title>" in page
        assert 'method="post" action="/rename"' in page
        assert "a field" in page

    def test_as_a_page_the_form_posts_plainly(self, visitor: FlaskClient) -> None:
        assert "hx-post" not in visitor.get("/it").text

    def test_text_is_escaped_in_both_forms(self, visitor: FlaskClient) -> None:
        for page in (visitor.get("/it").text, visitor.get("/it", headers=HTMX).text):
            assert "Rename &lt;Shop&gt;" in page

    def test_cancel_works_without_javascript(self, visitor: FlaskClient) -> None:
        assert 'href="/back" data-dialog-close' in squeeze(visitor.get("/it").text)

    def test_both_forms_carry_the_csrf_token(self, visitor: FlaskClient) -> None:
        for headers in ({}, HTMX):
            assert 'name="csrf_token"' in visitor.get("/it", headers=headers).text

    def test_a_page_restored_from_history_is_whole(self, visitor: FlaskClient) -> None:
        headers = {**HTMX, "HX-History-Restore-Request": "true"}
        assert "<html" in visitor.get("/it", headers=headers).text


def test_a_view_may_name_the_page(answering: Callable[..., None], visitor: FlaskClient) -> None:
    answering(lambda: render_dialog("rename.html", name="x", title="Another"))
    assert "<title>Another · Sleuth</title>" in visitor.get("/it").text


def test_a_dialog_without_a_heading_is_called_one(
    answering: Callable[..., None], visitor: FlaskClient
) -> None:
    answering(lambda: render_dialog("_part.html"))
    assert "<title>Dialog · Sleuth</title>" in visitor.get("/it").text


def test_errors_are_shown_with_422(answering: Callable[..., None], visitor: FlaskClient) -> None:
    answering(lambda: render_dialog("rename.html", 422, name="x"))
    assert visitor.post("/it", headers=HTMX).status_code == 422


def test_a_confirmation_names_what_is_lost(
    answering: Callable[..., None], visitor: FlaskClient
) -> None:
    answering(lambda: render_dialog("remove.html"))
    page = visitor.get("/it").text
    assert "This will be lost:" in page
    assert "<li>Shop: &lt;b&gt;errors&lt;/b&gt;</li>" in page


def test_a_confirmation_puts_the_focus_on_cancel(
    answering: Callable[..., None], visitor: FlaskClient
) -> None:
    answering(lambda: render_dialog("remove.html"))
    assert "data-dialog-close autofocus>Cancel</a>" in squeeze(visitor.get("/it").text)


def test_a_waiting_dialog_asks_again(answering: Callable[..., None], visitor: FlaskClient) -> None:
    answering(lambda: render_dialog("wait.html", refresh_seconds=2))
    page = squeeze(visitor.get("/it", headers=HTMX).text)
    assert 'hx-get="/wait" hx-trigger="every 1s" hx-target="#dialog-body"' in page
    assert "Asking Sentry" in page


def test_a_waiting_dialog_says_for_how_long_without_telling_a_screen_reader_each_second(
    kit: Flask,
) -> None:
    began = clock.now() - timedelta(seconds=12)
    with kit.test_request_context(headers=HTMX):
        running = get_template_attribute("_dialogs.html", "running")
        text = squeeze(running("Asking Sentry", "/wait", since=began))
    assert '<span role="status">Asking Sentry</span>' in text
    assert '<span class="running-since">12 s</span>' in text


def test_a_waiting_page_reloads_itself_instead(
    answering: Callable[..., None], visitor: FlaskClient
) -> None:
    answering(lambda: render_dialog("wait.html", refresh_seconds=2))
    page = visitor.get("/it").text
    assert '<meta http-equiv="refresh" content="2">' in page
    assert "hx-get" not in page


def test_success_closes_the_dialog_and_tells_the_page(
    answering: Callable[..., None], visitor: FlaskClient
) -> None:
    answering(lambda: dialog_done("/o", event="integrationChanged", message="Connected."))
    answer = visitor.post("/it", headers=HTMX)
    assert answer.text == ""
    assert json.loads(answer.headers["HX-Trigger"]) == {
        "dialogClose": True,
        "integrationChanged": True,
        "notify": {"message": "Connected.", "level": "success"},
    }


def test_success_may_tell_several_things(
    answering: Callable[..., None], visitor: FlaskClient
) -> None:
    answering(lambda: dialog_done("/o", event=("projectChanged", "deploysChanged")))
    triggers = json.loads(visitor.post("/it", headers=HTMX).headers["HX-Trigger"])
    assert triggers == {"dialogClose": True, "projectChanged": True, "deploysChanged": True}


def test_success_sends_a_plain_browser_on_with_the_message(
    answering: Callable[..., None], visitor: FlaskClient
) -> None:
    answering(lambda: dialog_done("/o", event="integrationChanged", message="Connected."))
    answer = visitor.post("/it")
    assert (answer.status_code, answer.location) == (303, "/o")
    with visitor.session_transaction() as session:
        assert session["_flashes"] == [("success", "Connected.")]


def test_success_without_a_message_flashes_nothing(
    answering: Callable[..., None], visitor: FlaskClient
) -> None:
    answering(lambda: dialog_done("/o"))
    visitor.post("/it")
    with visitor.session_transaction() as session:
        assert "_flashes" not in session


def test_the_whole_page_can_be_sent_elsewhere(
    answering: Callable[..., None], visitor: FlaskClient
) -> None:
    answering(lambda: go_to("/o/acme", message="Gone."))
    assert visitor.post("/it", headers=HTMX).headers["HX-Redirect"] == "/o/acme"
    assert visitor.post("/it").location == "/o/acme"


def test_a_toast_joins_other_events(answering: Callable[..., None], visitor: FlaskClient) -> None:
    def view() -> Response:
        return notify(dialog_done("/o", event="deploysChanged"), "Deleted.", "warning")

    answering(view)
    triggers = json.loads(visitor.post("/it", headers=HTMX).headers["HX-Trigger"])
    assert triggers["deploysChanged"]
    assert triggers["notify"] == {"message": "Deleted.", "level": "warning"}


def test_a_toast_is_flashed_for_a_plain_browser(
    answering: Callable[..., None], visitor: FlaskClient
) -> None:
    answering(lambda: notify(dialog_done("/o"), "Deleted.", "warning"))
    visitor.post("/it")
    with visitor.session_transaction() as session:
        assert session["_flashes"] == [("warning", "Deleted.")]


def test_a_part_of_a_page_is_sent_only_to_htmx(
    answering: Callable[..., None], visitor: FlaskClient
) -> None:
    answering(lambda: render_partial_or_page("_part.html", "whole.html"))
    assert visitor.get("/it", headers=HTMX).text == "only the part"
    assert visitor.get("/it").text == "the whole page"
