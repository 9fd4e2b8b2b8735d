"""Parts of pages are drawn once, but not where they would be another's."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, g
from jinja2 import meta
from markupsafe import Markup

TEXT = "<b>Checkout</b>"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PURE = {"counted", "health_word", "icon", "layout_sparkline", "number", "plural", "url_for"}
"""What may be called while something is drawn for later: the same for everybody, at all times."""


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


def imported_from() -> dict[str, str]:
    """Return the template of each macro that is drawn once, as its users import it."""
    found = {}
    for path in TEMPLATES.rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        for name in re.findall(r"\bdrawn\((\w+)", source):
            line = re.search(rf'{{% from "([^"]+)" import [^%]*\b{name}\b([^%]*)%}}', source)
            assert line, f"{path.name} does not import {name}"
            assert "with context" not in line[2], f"{name} would be another one each time"
            found[name] = line[1]
    return found


def test_what_is_drawn_once_looks_at_nothing_that_may_differ(app: Flask) -> None:
    waiting, seen = sorted(set(imported_from().values())), set()
    assert waiting
    while waiting:
        name = waiting.pop()
        tree = app.jinja_env.parse((TEMPLATES / name).read_text(encoding="utf-8"))
        assert meta.find_undeclared_variables(tree) <= PURE, name
        seen.add(name)
        waiting += set(filter(None, meta.find_referenced_templates(tree))) - seen
