"""The five healths can be read in both themes, and told apart without their colours."""

from __future__ import annotations

import re
from functools import cache

import pytest

from sleuth.config import ROOT
from tests.web.test_macros import Draw

HEALTHS = ["improved", "healthy", "ailing", "unhealthy", "unknown"]
TEXT, GRAPHICS = 4.5, 3.0
"""The contrasts that WCAG 2.2 asks for at level AA: 1.4.3 and 1.4.11."""
GREYS = {"light": ["white", "gray-50"], "dark": ["gray-800", "gray-900"]}
"""Tabler's colours of cards and of the page behind them."""

Colour = tuple[float, float, float]


@cache
def style(name: str) -> str:
    """Return one of our stylesheets."""
    return (ROOT / "static" / name).read_text()


def colour_of(health: str, theme: str) -> Colour:
    """Return the token of a health, with parts from 0 to 1."""
    start = ":root {" if theme == "light" else '[data-bs-theme="dark"] {'
    block = style("app.css").split(start, 1)[1].split("}", 1)[0]
    found = re.search(rf"--{health}: #(\w\w)(\w\w)(\w\w);", block)
    assert found is not None
    red, green, blue = (int(part, 16) / 255 for part in found.groups())
    return red, green, blue


def grey(name: str) -> Colour:
    """Return one of Tabler's greys, which are written as their lightness in OKLCH."""
    if name == "white":
        return 1, 1, 1
    tabler = style("vendor/tabler.min.css")
    found = re.search(rf"--tblr-{name}:oklch\(([\d.]+)% 0 0deg\)", tabler)
    assert found is not None
    linear = (float(found[1]) / 100) ** 3
    part = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return part, part, part


def tinted(health: Colour, ground: Colour) -> Colour:
    """Return what a badge stands on: some of its own colour over what is behind it."""
    found = re.search(
        r"\.health \{ background: color-mix\(in srgb, var\(--health\) (\d+)%, transparent\)",
        style("app.css"),
    )
    assert found is not None
    share = int(found[1]) / 100
    red, green, blue = (share * a + (1 - share) * b for a, b in zip(health, ground, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Return the relative luminance as WCAG defines it."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast as WCAG defines it, from 1 to 21."""
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", GREYS)
@pytest.mark.parametrize("health", HEALTHS)
def test_a_badge_can_be_read(health: str, theme: str) -> None:
    ours = colour_of(health, theme)
    for ground in map(grey, GREYS[theme]):
        assert contrast(ours, tinted(ours, ground)) >= TEXT


@pytest.mark.parametrize("theme", GREYS)
@pytest.mark.parametrize("health", HEALTHS)
def test_words_and_bars_in_its_colour_are_seen(health: str, theme: str) -> None:
    ours = colour_of(health, theme)
    for ground in map(grey, GREYS[theme]):
        assert contrast(ours, ground) >= max(TEXT, GRAPHICS)


@pytest.mark.parametrize("theme", GREYS)
def test_each_has_a_colour_of_its_own(theme: str) -> None:
    assert len({colour_of(health, theme) for health in HEALTHS}) == len(HEALTHS)


def test_each_has_an_icon_and_a_word_of_its_own(draw: Draw) -> None:
    badges = [draw("_health.html", "health_badge", health) for health in HEALTHS]
    icons = [re.findall(r"#([\w-]+)\"", badge) for badge in badges]
    words = [re.sub(r"<[^>]+>", "", badge).strip() for badge in badges]
    assert words == [health.capitalize() for health in HEALTHS]
    assert len({icon for (icon,) in icons}) == len(HEALTHS)
