"""Pages use what browsers have had for long: "widely available" in the words of Baseline.

That is what Chrome, Edge, Firefox and Safari have all had for 30 months. The dates are those of
the package web-features 3.40.0, which is what MDN shows as well.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from sleuth.config import ROOT

LOOKED_UP = date(2026, 11, 29)
"""When the dates below were looked up; what is widely available by then needs no entry."""


class Young(NamedTuple):
    """Something that is not widely available.

    Args:
        pattern: How its use is found, as a regular expression.
        until: When it will be widely available; empty if nobody can say so yet.
    """

    pattern: str
    until: str = ""


MARKUP = {
    "popover": Young(r"\spopover(target|targetaction)?[\s=>]", "2027-07-27"),
    "details-name": Young(r"<details[^>]*\sname=", "2027-03-03"),
    "dialog-closedby": Young(r"\sclosedby="),
    "invoker-commands": Young(r"\scommand(for)?=", "2028-06-12"),
    "hidden-until-found": Young(r"until-found"),
    "fetch-priority": Young(r"\sfetchpriority=", "2027-04-29"),
    "customizable-select": Young(r"<selectedcontent"),
    "interest-invokers": Young(r"\sinterestfor="),
}
STYLES = {
    "popover": Young(r":popover-open", "2027-07-27"),
    "accent-color": Young(r"accent-color:"),
    "user-select": Young(r"user-select:"),
    "scrollbar-width": Young(r"scrollbar-width:", "2027-06-11"),
    "scrollbar-color": Young(r"scrollbar-color:", "2028-06-12"),
    "scrollbar-gutter": Young(r"scrollbar-gutter:", "2027-06-11"),
    "starting-style": Young(r"@starting-style", "2027-02-06"),
    "transition-behavior": Young(r"transition-behavior:|allow-discrete", "2027-02-06"),
    "anchor-positioning": Young(r"anchor-name:|position-(anchor|area|try)|\banchor(-size)?\("),
    "view-transitions": Young(r"view-transition", "2028-04-14"),
    "interpolate-size": Young(r"interpolate-size:|calc-size\("),
    "field-sizing": Young(r"field-sizing:", "2028-12-16"),
    "scope": Young(r"@scope", "2028-09-24"),
    "registered-custom-properties": Young(r"@property", "2027-01-09"),
    "relative-color": Young(r"(rgb|hsl|hwb|lab|lch|color)a?\(from\s", "2027-03-16"),
    "details-content": Young(r"::details-content", "2028-03-16"),
    "text-wrap-pretty": Young(r"text-wrap(-style)?:\s*(pretty|stable)"),
    "scroll-driven-animations": Young(r"(animation|scroll|view)-timeline"),
    "container-style-queries": Young(r"@container[^{]*style\(", "2028-11-19"),
    "highlight": Young(r"::highlight", "2028-09-24"),
    "contrast-color": Young(r"contrast-color\(", "2028-10-10"),
    "backdrop-filter": Young(r"backdrop-filter:", "2027-03-16"),
    "content-visibility": Young(r"content-visibility:", "2028-03-15"),
    "text-box": Young(r"text-box(-trim|-edge)?:"),
    "font-size-adjust": Young(r"font-size-adjust:", "2027-01-25"),
    "if": Young(r"[:\s]if\("),
    "function": Young(r"@function"),
}
SCRIPTS = {
    "popover": Young(r"\.(show|hide|toggle)Popover\(", "2027-07-27"),
    "async-clipboard": Young(r"clipboard\.(read|write)\(|ClipboardItem", "2026-12-11"),
    "view-transitions": Young(r"startViewTransition", "2028-04-14"),
    "set-methods": Young(
        r"\.(union|intersection|difference|symmetricDifference|is(Subset|Superset|DisjointFrom)\w*)\(",
        "2026-12-11",
    ),
    "url-parse": Young(r"URL\.parse\(", "2027-03-16"),
    "promise-try": Young(r"Promise\.try\(", "2027-07-07"),
    "temporal": Young(r"\bTemporal\."),
    "requestidlecallback": Young(r"requestIdleCallback"),
    "scheduler": Young(r"scheduler\.(yield|postTask)"),
    "navigation": Young(r"(window|self)\.navigation\b", "2028-07-13"),
    "move-before": Young(r"\.moveBefore\("),
    "cookie-store": Young(r"cookieStore"),
    "intl-duration-format": Young(r"DurationFormat", "2027-09-04"),
    "regexp-escape": Young(r"RegExp\.escape", "2027-11-01"),
    "sanitizer": Young(r"\.setHTML\("),
    "share": Young(r"navigator\.share"),
    "iterator-methods": Young(r"\.(values|keys|entries)\(\)\.(map|filter|find|some)", "2027-09-30"),
}
KINDS = {"static/*.css": STYLES, "static/*.js": SCRIPTS, "templates/**/*.html": MARKUP}

ALLOWED = {
    "popover": "opens the menu of a narrow window; a browser that does not know it shows the "
    "menu above the page instead, see `@supports not` in app.css",
}
"""What is used although it is young, and why nobody loses anything by it."""


NOT_OURS = {ROOT / "static" / "tabler.css"}


def uses() -> dict[str, list[Path]]:
    """Return each young feature that our files use, with the files."""
    found: dict[str, list[Path]] = {}
    for files, features in KINDS.items():
        for file in set(ROOT.glob(files)) - NOT_OURS:
            text = file.read_text()
            for name in (name for name, each in features.items() if re.search(each.pattern, text)):
                found.setdefault(name, []).append(file.relative_to(ROOT))
    return found


def test_nothing_is_used_that_a_browser_of_two_years_ago_lacks() -> None:
    assert {name: files for name, files in uses().items() if name not in ALLOWED} == {}


def test_what_is_allowed_is_used() -> None:
    assert ALLOWED.keys() - uses().keys() == set()


@pytest.mark.parametrize("features", KINDS.values(), ids=KINDS)
def test_what_has_come_of_age_is_listed_no_more(features: dict[str, Young]) -> None:
    dated = {name: date.fromisoformat(each.until) for name, each in features.items() if each.until}
    assert {name for name, day in dated.items() if day <= LOOKED_UP} == set()
