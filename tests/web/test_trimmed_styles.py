"""Tabler's stylesheet is sent without the rules that no page uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"(?<![:\w-])[a-zA-Z][\w-]*")
WRITERS = ("templates/**/*.html", "static/*.js", "sleuth/**/*.py")
PUT_TOGETHER = {"alert-success", "alert-info", "alert-warning", "alert-danger"}
"""Classes that stand nowhere as one word."""
LEFT_OUT = {"steps", "signal"}
"""Words of ours that are classes of Tabler's, too, which no page uses."""
FUNCTIONS = re.compile(r":(?:not|has|is|where)\((?:[^()]|\([^()]*\))*\)")
"""What stands in them is another element than the one that the rule is for."""

OURS = ("app.css", "dashboard.css")


def selectors(name: str) -> set[str]:
    """Return what the rules of a stylesheet select; without those that hold further ones."""
    css = (ROOT / "static" / name).read_text(encoding="utf-8")
    pieces = re.findall(r"([^{}]*)([{}])", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    heads = [text for text, brace in pieces if brace == "{"]
    plain = (head for head in heads if "(" not in head and not head.startswith("@"))
    return {each.strip() for head in plain for each in head.split(",")}


def words() -> set[str]:
    """Return every word that templates, scripts and code may use as a class."""
    texts = (path.read_text("utf-8") for each in WRITERS for path in ROOT.glob(each))
    found = {word for text in texts for word in re.findall(r"[\w-]+", text)}
    return (found | PUT_TOGETHER) - LEFT_OUT


def test_every_rule_of_tabler_that_a_page_may_need_is_sent() -> None:
    known = words()
    classy = (each for each in selectors("vendor/tabler.min.css") if "." in each)
    needed = {each for each in classy if known.issuperset(NAME.findall(each))}
    assert len(needed) > 100
    assert not needed - selectors("tabler.css"), "Trim Tabler again, as docs/interface.md says."


def test_little_else_is_sent() -> None:
    left, whole = (len(selectors(name)) for name in ("tabler.css", "vendor/tabler.min.css"))
    assert left < whole / 3


@pytest.mark.parametrize("name", ["tabler.css", *OURS])
def test_no_rule_makes_browsers_style_the_whole_page_again_when_a_part_changes(name: str) -> None:
    css = (ROOT / "static" / name).read_text(encoding="utf-8")
    asking = (each for each in re.findall(r"([^{};]*)\{", css) if ":has(" in each)
    for selector in asking:
        plain = FUNCTIONS.sub("", selector)
        last = [re.split(r"[\s>+~]+", each.strip())[-1] for each in plain.split(",")]
        assert all(re.match(r"[.#\w]", each) for each in last), f"{selector} may be any element"
