from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from flask import Blueprint, Flask, flash, g, render_template_string
from flask.testing import FlaskClient
from flask_login import UserMixin

from tests.web.conftest import squeeze

PAGE = """
{% extends "base.html" %}
{% block title %}Shop & co{% endblock %}
{% block content %}content{% endblock %}"""
BARE = '{% extends "bare.html" %}{% block title %}Sign in{% endblock %}'


class Person(UserMixin):
    id = "1"
    name = "Ada <b>"
    email = "ada@acme.test"


def draw_page() -> str:
    return render_template_string(PAGE)


@pytest.fixture
def site(kit: Flask) -> Iterator[Flask]:
    """An application with the pages that the sidebar leads to."""
    pages = {
        "dashboard": ["index", "needs_attention", "attention_link", "project_picker"],
        "verdicts": ["index"],
        "deploys": ["deployments"],
        "projects": ["index"],
        "accounts": ["settings", "organizations", "password", "sign_out"],
    }
    for name, endpoints in pages.items():
        blueprint = Blueprint(name, "sleuth")
        for endpoint in endpoints:
            blueprint.add_url_rule(f"/{name}/{endpoint}", endpoint, draw_page)
        kit.register_blueprint(blueprint)
    integrations = Blueprint("integrations", "sleuth")
    integrations.add_url_rule("/i/<category>", "index", lambda category: category)
    kit.register_blueprint(integrations)
    kit.jinja_env.globals["attention_count"] = lambda: kit.config.get("WAITING", 0)
    kit.login_manager.request_loader(lambda _request: Person())  # type: ignore[attr-defined]
    return kit


@pytest.fixture
def member(site: Flask) -> None:
    """Whoever asks is a developer of Acme, which has two projects."""

    def enter() -> None:
        g.organization = SimpleNamespace(name="Acme", slug="acme")
        g.membership = SimpleNamespace(role="developer")

    shop = SimpleNamespace(name="Shop", slug="shop")
    site.before_request(enter)
    site.context_processor(lambda: {"nav_projects": [shop], "nav_project": shop})


@pytest.mark.usefixtures("member")
class TestSidebar:
    @pytest.mark.parametrize(
        ("label", "url"),
        [
            ("Dashboard", "/dashboard/index"),
            ("Verdicts", "/verdicts/index"),
            ("Code deployments", "/deploys/deployments"),
            ("Projects", "/projects/index"),
            ("Integrations", "/i/error-trackers"),
            ("Settings", "/accounts/settings"),
        ],
    )
    def test_leads_to_every_part(self, visitor: FlaskClient, label: str, url: str) -> None:
        page = visitor.get("/projects/index").text
        assert f'href="{url}"' in page
        assert f"<span>{label}</span>" in page

    def test_leads_to_what_needs_attention_if_anything_does(
        self, site: Flask, visitor: FlaskClient
    ) -> None:
        assert "Needs attention" not in visitor.get("/projects/index").text
        site.config["WAITING"] = 2
        text = visitor.get("/projects/index").text
        assert re.search(r"Needs attention</span><span[^>]*>2<", text)

    def test_marks_where_one_is(self, visitor: FlaskClient) -> None:
        page = squeeze(visitor.get("/projects/index").text)
        assert page.count('aria-current="page"') == 1
        assert 'href="/projects/index" aria-current="page"' in page

    def test_lets_one_pick_a_project(self, visitor: FlaskClient) -> None:
        assert 'href="/dashboard/index?project=shop"' in visitor.get("/projects/index").text

    def test_names_the_person_and_the_role(self, visitor: FlaskClient) -> None:
        page = visitor.get("/projects/index").text
        assert "Ada &lt;b&gt;" in page
        assert "<small>Developer</small>" in page

    def test_signs_out_by_a_form(self, visitor: FlaskClient) -> None:
        assert '<form method="post" action="/accounts/sign_out">' in squeeze(
            visitor.get("/projects/index").text
        )


def test_without_an_organization_the_sidebar_has_no_entries(
    site: Flask, visitor: FlaskClient
) -> None:
    page = visitor.get("/accounts/password").text
    assert "Code deployments" not in page
    assert "Change password" in page


def test_a_page_has_one_heading_and_its_name_in_the_tab(site: Flask, visitor: FlaskClient) -> None:
    page = visitor.get("/projects/index").text
    assert "<title>Shop & co · Sleuth</title>" in page
    assert page.count("<h1") == 1


def test_htmx_may_evaluate_nothing(site: Flask, visitor: FlaskClient) -> None:
    page = visitor.get("/projects/index").text
    assert '"allowEval":false' in page
    assert '"selfRequestsOnly":true' in page


def test_htmx_requests_carry_the_csrf_token(site: Flask, visitor: FlaskClient) -> None:
    assert """hx-headers='{"X-CSRFToken": \"""" in visitor.get("/projects/index").text


@pytest.mark.parametrize(
    ("category", "css", "role"),
    [
        ("success", "alert-success", "status"),
        ("error", "alert-danger", "alert"),
        ("message", "alert-info", "status"),
    ],
)
def test_a_flashed_message_is_shown_once(
    site: Flask, visitor: FlaskClient, category: str, css: str, role: str
) -> None:
    def tell() -> str:
        flash("It <happened>.", category)
        return render_template_string(PAGE)

    site.add_url_rule("/tell", "tell", tell)
    page = squeeze(visitor.get("/tell").text)
    assert f'<div class="alert {css}" role="{role}">' in page
    assert "It &lt;happened&gt;." in page
    assert "happened" not in visitor.get("/projects/index").text


def test_the_entrance_loads_no_htmx(kit: Flask, visitor: FlaskClient) -> None:
    kit.add_url_rule("/in", "in", lambda: render_template_string(BARE))
    page = visitor.get("/in").text
    assert "<title>Sign in · Sleuth</title>" in page
    assert "htmx" not in page
