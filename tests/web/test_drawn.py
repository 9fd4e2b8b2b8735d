"""Parts of pages are drawn once, but not where they would be another's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, g
from markupsafe import Markup

TEXT = "<b>Checkout</b>"


@pytest.fixture
def drawn(app: Flask) -> Callable[..., str]:
    return app.jinja_env.globals["drawn"]


@pytest.fixture
def lozenge(app: Flask) -> Callable[..., str]:
    return app.jinja_env.get_template("dashboard/_lozenge.html").module.lozenge


def test_what_was_drawn_with_the_same_arguments_is_not_drawn_again(app, drawn, lozenge) -> None:
    with app.test_request_context():
        g.organization_slug = "acme"
        first, again = (drawn(lozenge, "shop", "", "tag", tag="shop") for _ in range(2))
        other = drawn(lozenge, "shop", "", "tag", tag="till")
    assert first is again
    assert "tag=shop" in first
    assert "tag=till" in other


def test_what_is_drawn_for_one_organization_leads_to_its_own_pages(app, drawn, lozenge) -> None:
    for slug in ("acme", "globex", "acme"):
        with app.test_request_context():
            g.organization_slug = slug
            told = drawn(lozenge, "shop", "", "project", project="shop")
        assert f'href="/o/{slug}/?project=shop"' in told


def test_what_is_drawn_follows_where_the_product_is_mounted(app, drawn, lozenge) -> None:
    told = []
    for root in ("", "/sleuth"):
        with app.test_request_context(environ_overrides={"SCRIPT_NAME": root}):
            g.organization_slug = "acme"
            told.append('href="/sleuth/o/acme/' in drawn(lozenge, "shop", "", "tag", tag="shop"))
    assert told == [False, True]


@pytest.mark.parametrize("order", [(Markup(TEXT), TEXT), (TEXT, Markup(TEXT))])
def test_text_is_escaped_although_the_same_was_drawn_as_markup(app, drawn, lozenge, order) -> None:
    with app.test_request_context():
        g.organization_slug = "acme"
        told = {type(each): drawn(lozenge, each, "", "tag", tag="shop") for each in order}
    assert TEXT in told[Markup]
    assert TEXT not in told[str]
