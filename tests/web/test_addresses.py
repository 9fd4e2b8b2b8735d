"""Addresses in pages are remembered, but not where they would be another's."""

from __future__ import annotations

import pytest
from flask import Flask, g


@pytest.fixture
def url_for(app: Flask):
    return app.jinja_env.globals["url_for"]


def test_an_address_of_one_organization_is_not_given_to_another(app: Flask, url_for) -> None:
    told = []
    for slug in ("acme", "globex", "acme"):
        with app.test_request_context():
            g.organization_slug = slug
            told.append(url_for("dashboard.index", project="shop"))
    assert told == [f"/o/{slug}/?project=shop" for slug in ("acme", "globex", "acme")]


def test_an_address_follows_where_the_product_is_mounted(app: Flask, url_for) -> None:
    told = []
    for root in ("", "/sleuth"):
        with app.test_request_context(environ_overrides={"SCRIPT_NAME": root}):
            told.append(url_for("accounts.sign_in"))
    assert told == ["/sign-in", "/sleuth/sign-in"]


def test_what_cannot_be_remembered_is_built(app: Flask, url_for) -> None:
    with app.test_request_context():
        g.organization_slug = "acme"
        assert url_for("dashboard.index", tag=["a", "b"]) == "/o/acme/?tag=a&tag=b"


def test_an_unknown_address_is_refused_each_time(app: Flask, url_for) -> None:
    for _ in range(2):
        with app.test_request_context(), pytest.raises(LookupError):
            url_for("nowhere.at_all")
