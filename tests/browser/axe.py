"""What axe-core finds wrong with a page for people who see, hear or move differently."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""All that it knows up to level AA. Not AAA, and not what it calls experimental."""

_LOOK = """async ({within, tags}) => {
    const found = await window.axe.run(within || document, {
        runOnly: {type: "tag", values: tags},
        resultTypes: ["violations"],
        preload: false,
        iframes: false,
    });
    return found.violations;
}"""


def problems_for_some(page: Page, within: str = "") -> list[str]:
    """Return what is wrong with a page as it is now: the rule, the element, how to mend it.

    The script is put in as a debugger does, past the Content Security Policy, which stays as
    strict as it is.

    Args:
        within: A selector; with it, that part alone is looked at.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    violations = page.evaluate(_LOOK, {"within": within, "tags": TAGS})
    return [_sentence(rule, node) for rule in violations for node in rule["nodes"]]


def _sentence(rule: dict[str, Any], node: dict[str, Any]) -> str:
    summary = " ".join(node["failureSummary"].split())
    return f"{rule['id']}: {node['target']} {node['html'][:200]}: {summary}"
