"""The page of all rules: ``python -m sleuth.testing.page > docs/plugins/rules.md``."""

from __future__ import annotations

import sys

from sleuth.testing.rule import Chapter, Rule
from sleuth.testing.rules import CHAPTERS

HEAD = """# Rules for plugins

`./run sleuth plugin check PATH` tries each of these on a plugin, against the plugin's own fake
server ([how](testing.md)). A number stays the same for ever; `--rule NUMBER` tries one rule
only, `--explain NUMBER` prints what stands here. A rule that cannot be tried, because the sandbox
lacks something or a hook is not implemented, is reported as *not checked*, never as kept.

This page is generated from the rules themselves.
"""


def page() -> str:
    """Return the page in Markdown."""
    return "\n".join([HEAD, *map(_chapter, CHAPTERS)])


def _chapter(chapter: Chapter) -> str:
    return "\n".join([f"## {chapter.title}\n", *map(_section, chapter.rules)])


def _section(rule: Rule) -> str:
    return f"### {rule.number}\n\n**{rule.title}.** {rule.reason}\n"


if __name__ == "__main__":
    sys.stdout.write(page())
