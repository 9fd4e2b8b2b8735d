"""Organizations that share the running product, each founded for one test or a few."""

from __future__ import annotations

from playwright.sync_api import Browser

from sleuth.accounts.organizations import create_organization_with_owner
from sleuth.projects.service import create_project
from tests.browser.product import Product
from tests.browser.visitor import Visitor

PASSWORD = "correct horse battery"


def found(product: Product, browser: Browser, slug: str) -> Visitor:
    """Create an organization with one project, and let its owner in; returns her browser."""
    with product.inside():
        organization = create_organization_with_owner(
            slug.capitalize(), "Olga Owner", f"olga@{slug}.test", PASSWORD
        )
        create_project(organization.id, "Web shop", ["Production", "Staging"])
    return enter(product, browser, slug)


def enter(product: Product, browser: Browser, slug: str) -> Visitor:
    """Let the owner of an organization in with another browser."""
    visitor = Visitor(browser, product.url, name=slug)
    visitor.sign_in(f"olga@{slug}.test", PASSWORD)
    return visitor
