from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from flask import Flask, get_template_attribute
from flask_sqlalchemy.pagination import Pagination
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import DataRequired

from tests.web.conftest import HTMX, squeeze

Draw = Callable[..., str]


class Form(FlaskForm):
    name = StringField("Name", validators=[DataRequired("Give it a <name>.")])
    environment = SelectField("Environment", choices=["Production"])
    is_bare = BooleanField("Also bare events")


@pytest.fixture
def field(kit: Flask) -> Draw:
    """Draw one field of a form, as first shown or as sent back with errors."""

    def call(name: str, *, is_sent: bool = False, **options: object) -> str:
        with kit.test_request_context():
            form = Form(MultiDict({"name": ""}) if is_sent else None, meta={"csrf": False})
            if is_sent:
                form.validate()
            return squeeze(get_template_attribute("_forms.html", "field")(form[name], **options))

    return call


@pytest.mark.parametrize(("given", "is_there"), [(["Taken."], True), ([], False), (True, True)])
def test_a_field_that_comes_first_says_so_and_nothing_of_why(field, given, is_there) -> None:
    drawn = field("name", autofocus=given)
    assert ("autofocus" in drawn, "Taken" in drawn) == (is_there, False)


def test_a_required_field_has_a_star(field: Draw) -> None:
    text = field("name")
    assert '<label class="form-label" for="name">Name<span' in text
    assert ">*</span>" in text


def test_an_optional_field_has_none(field: Draw) -> None:
    assert "*" not in field("environment")


def test_help_is_read_with_the_input(field: Draw) -> None:
    text = field("name", help="What people call it.")
    assert 'aria-describedby="name-help"' in text
    assert 'id="name-help">What people call it.' in text


def test_an_error_is_announced_and_tied_to_its_input(field: Draw) -> None:
    text = field("name", is_sent=True, help="Help.")
    assert 'aria-describedby="name-error name-help"' in text
    assert 'aria-invalid="true"' in text
    assert 'role="alert" id="name-error"' in text
    assert "Give it a &lt;name&gt;." in text


def test_a_field_in_a_dialog_has_an_id_of_its_own(kit: Flask) -> None:
    with kit.test_request_context(headers=HTMX):
        text = get_template_attribute("_forms.html", "field")(Form(meta={"csrf": False}).name)
    assert 'for="dialog-name"' in text
    assert 'id="dialog-name"' in text


def test_further_attributes_reach_the_input(field: Draw) -> None:
    text = field("name", autofocus=True, autocomplete="off")
    assert 'autocomplete="off"' in text
    assert " autofocus " in text


def test_a_choice_is_a_drop_down(field: Draw) -> None:
    assert '<select class="form-select"' in field("environment")


def test_a_flag_is_a_box_with_its_label_behind(field: Draw) -> None:
    text = field("is_bare", help="Sent without one.")
    assert text.index('type="checkbox"') < text.index("Also bare events")


@pytest.mark.parametrize(
    ("health", "reason", "word", "picture"),
    [
        ("healthy", "", "Healthy", "heart-pulse"),
        ("unhealthy", "", "Unhealthy", "circle-alert"),
        ("unknown", "pending", "Not recorded yet", "clock"),
        ("unknown", "too_few_errors", "Unknown: too few errors", "circle-help"),
        ("unknown", "mixed", "Unknown: a rise and a fall", "circle-help"),
    ],
)
def test_a_health_is_a_word_and_an_icon(
    draw: Draw, health: str, reason: str, word: str, picture: str
) -> None:
    badge = draw("_health.html", "health_badge", health, reason)
    assert word in badge
    assert f"#{picture}" in badge


def test_a_logo_says_its_state_in_words(draw: Draw) -> None:
    info = SimpleNamespace(name="Sentry", logo="")
    logo = draw("_ui.html", "tracker_logo", info, "connected", "Sentry: connected")
    assert "tracker-logo-connected" in logo
    assert '<span class="visually-hidden">Sentry: connected</span>' in logo


def test_a_tracker_without_a_logo_gets_its_letter(draw: Draw) -> None:
    logo = draw("_ui.html", "tracker_logo", SimpleNamespace(name="bugsnag", logo=""))
    assert ">B</span>" in logo


def test_text_of_a_plugin_is_escaped(draw: Draw) -> None:
    hostile = "<script>alert(1)</script>"
    info = SimpleNamespace(name=hostile, logo=hostile)
    for text in (
        draw("_ui.html", "tracker_logo", info, "grey", hostile),
        draw("_ui.html", "lozenge", hostile),
        draw("_ui.html", "empty_state", "plug", hostile, hostile, hostile),
        draw("_ui.html", "copyable", hostile),
        draw("_ui.html", "tabs", [(hostile, hostile, True)]),
    ):
        assert "<script" not in text


def test_the_tab_one_is_on_is_marked(draw: Draw) -> None:
    text = draw("_ui.html", "tabs", [("Impact", "/impact", True), ("Environments", "/e", False)])
    assert text.count("aria-current") == 1
    assert 'href="/impact" aria-current="page"' in text


def test_text_to_copy_is_on_its_button(draw: Draw) -> None:
    text = draw("_ui.html", "copyable", 'curl -H "x"')
    assert 'data-copy="curl -H &#34;x&#34;"' in text


def test_a_time_is_machine_readable(draw: Draw) -> None:
    at = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert 'datetime="2026-03-04T12:00:00+00:00"' in draw("_ui.html", "time_ago", at)
    assert ">4 Mar 2026, 12:00 UTC</time>" in draw("_ui.html", "time_at", at)


class Pages(Pagination):
    """Fifty things, without a database."""

    def _query_items(self) -> list[int]:
        return [0]

    def _query_count(self) -> int:
        return 50


@pytest.mark.parametrize(
    ("number", "there", "not_there"),
    [(1, "page=2", "Newer"), (2, "page=1", "Older")],
)
def test_pages_lead_to_their_neighbours(
    kit: Flask, number: int, there: str, not_there: str
) -> None:
    kit.add_url_rule("/deploys", "deploys", lambda: "")
    with kit.test_request_context("/deploys?kind=a&page=9"):
        page = Pages(page=number, per_page=25)
        text = get_template_attribute("_ui.html", "pagination")(page)
    assert f"/deploys?kind=a&amp;{there}" in text
    assert not_there not in text


def test_one_page_needs_no_pages(draw: Draw) -> None:
    assert draw("_ui.html", "pagination", Pages(page=1, per_page=50)) == ""
