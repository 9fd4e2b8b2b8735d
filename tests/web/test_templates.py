"""Rules that every template of every feature keeps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sleuth.web.assets import BUNDLES

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
LONGEST_TEMPLATE = 150

forbidden_by_the_security_policy = {
    "a style attribute": r"\sstyle=",
    "a style element": r"<style",
    "an inline handler": r"\son[a-z]+=",
    "an HTMX handler": r"hx-on",
    "an evaluated value": r"['\"{]\s*js(avascript)?:",
    "an inline script": r"<script(?![^>]*\ssrc=)",
    "a filter that is evaluated": r"hx-trigger=\"[^\"]*\[",
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_contains_nothing_that_the_policy_blocks(template: Path) -> None:
    text = template.read_text()
    found = [
        name
        for name, pattern in forbidden_by_the_security_policy.items()
        if re.search(pattern, text)
    ]
    assert found == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_static_file_a_template_names_exists(template: Path) -> None:
    names = re.findall(r"""asset\(["']([^"']+)["']\)""", template.read_text())
    files = [each for name in names for each in BUNDLES.get(name, (name,))]
    assert [each for each in files if not (ROOT / "static" / each).is_file()] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_posts_carries_a_token(template: Path) -> None:
    forms = re.findall(r"<form\b.*?</form>", template.read_text(), re.DOTALL)
    posting = [form for form in forms if 'method="post"' in form or "form_attributes" in form]
    assert [form for form in posting if "csrf_token" not in form and "hidden_tag" not in form] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_can_be_read_at_a_glance(template: Path) -> None:
    assert len(template.read_text().splitlines()) <= LONGEST_TEMPLATE
