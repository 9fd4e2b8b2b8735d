from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from sleuth.web.icons import icon, safe_logo

ROOT = Path(__file__).resolve().parents[2]
SPRITE = (ROOT / "static" / "icons.svg").read_text()


def svg(inside: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{inside}</svg>'


def test_an_icon_beside_words_is_silent(kit: Flask) -> None:
    with kit.test_request_context():
        assert 'aria-hidden="true"' in icon("rocket")


def test_an_icon_alone_has_a_name(kit: Flask) -> None:
    with kit.test_request_context():
        assert 'role="img" aria-label="Copy &lt;it&gt;"' in icon("copy", "Copy <it>")


def test_every_icon_in_the_templates_is_in_the_sprite() -> None:
    used = {
        name
        for template in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"""icon\(["']([a-z0-9-]+)["']""", template.read_text())
    }
    assert used <= set(re.findall(r'<symbol id="([^"]+)"', SPRITE))


def test_a_logo_keeps_its_shapes_in_the_current_colour() -> None:
    logo = safe_logo(svg('<g transform="scale(2)"><path d="M0 0h4" fill="#362d59"/></g>'))
    assert logo is not None
    assert '<g transform="scale(2)"><path d="M0 0h4"></path></g>' in logo
    assert 'fill="currentColor"' in logo
    assert "#362d59" not in logo


def test_an_outlined_logo_stays_outlined() -> None:
    logo = safe_logo(svg('<path d="M0 0h4" fill="none" stroke="red" stroke-width="2"/>'))
    assert logo is not None
    assert 'stroke="currentColor"' in logo
    assert 'fill="none"' in logo


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<image href="https://evil.example/x"/>',
        '<a href="javascript:alert(1)"><path d="M0 0"/></a>',
        "<style>*{display:none}</style>",
        "<foreignObject><b>x</b></foreignObject>",
        '<use href="#other"/>',
    ],
)
def test_a_logo_can_carry_nothing_but_shapes(hostile: str) -> None:
    logo = safe_logo(svg(f'<path d="M1 1"/>{hostile}'))
    assert logo is not None
    assert logo.count("<") == 4
    assert '<path d="M1 1"></path>' in logo


def test_a_logo_can_run_nothing() -> None:
    logo = safe_logo(svg('<path d="M0 0&quot;&gt;&lt;script" onload="x()" style="x" id="main"/>'))
    assert logo is not None
    assert "onload" not in logo
    assert "style" not in logo
    assert "<script" not in logo


@pytest.mark.parametrize(
    "useless",
    [
        "",
        "Sentry",
        "<svg",
        "<html><path d='M0 0'/></html>",
        svg("<script/>"),
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + svg("<path d='M0 0'/>"),
        svg("<path d='M0 0'/>" * 2000),
    ],
)
def test_what_is_no_logo_is_none(useless: str) -> None:
    assert safe_logo(useless) is None
