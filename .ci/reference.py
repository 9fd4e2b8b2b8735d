"""Writes docs/plugins/hooks.md from the docstrings of the hooks and of what they exchange.

``.venv/bin/python .ci/reference.py`` prints the page, ``--write`` replaces it. What has no
docstring cannot be written, and says so.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

from docstrings import (
    Docs,
    Undocumented,
    call_of,
    default_of,
    docs_of,
    section_of,
    signature_of,
    string_below,
    taken_apart,
    words_about,
)

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "plugins" / "hooks.md"
HEAD = """\
<!-- Written by .ci/reference.py from docstrings: change those of sleuth/hookspecs.py and
     sleuth/plugin_api.py, and write it anew with "python .ci/reference.py --write". -->

# Hooks

A hook is a function with a given name, marked with `hookimpl` from `sleuth.plugin_api`. What holds
for every hook:

{rules}

| hook | required | called |
|---|---|---|
{table}
"""


@dataclass(frozen=True)
class Reference:
    """The page, made of two modules."""

    hookspecs: ModuleType
    api: ModuleType

    def page(self) -> str:
        """Return the whole page."""
        parts = [self._head(), *self._hooks(), *self._types(), *self._errors()]
        return "\n".join(parts).rstrip("\n") + "\n"

    def _functions(self) -> list[Any]:
        known = vars(self.hookspecs).items()
        return [each for name, each in known if name.startswith("sleuth_")]

    def _head(self) -> str:
        rules = re.findall(
            r"^- .*?(?=^- |\n\n)", self.hookspecs.__doc__ or "", re.MULTILINE | re.DOTALL
        )
        rows = [
            f"| [`{each.__name__}`](#{each.__name__}) "
            f"| {'yes' if each.__name__ in self.hookspecs.REQUIRED else 'no'} "
            f"| {self._called(each)} |"
            for each in self._functions()
        ]
        text = "\n".join(f"- {self._prose(rule[2:])}" for rule in rules)
        return HEAD.format(rules=text, table="\n".join(rows))

    def _called(self, hook: Any) -> str:
        words = self._prose(section_of(hook, "Called")).rstrip(".")
        return words[0].lower() + words[1:]

    def _hooks(self) -> Iterable[str]:
        yield "## The hooks\n"
        for hook in self._functions():
            docs = docs_of(hook)
            yield f"### {hook.__name__}\n"
            yield f"```python\n{signature_of(hook)}\n```\n"
            yield self._paragraphs(docs.text.replace(" Required.", ""))
            yield self._arguments(hook, docs)
            yield f"**Returns** {self._prose(section_of(hook, 'Returns'))}\n"
            yield f"**Raises** {self._prose(section_of(hook, 'Raises'))}\n"
            yield f"```python\n{section_of(hook, 'Example')}\n```\n"
            yield f"Added in {self._prose(section_of(hook, 'Added in'))}\n"
            if "Deprecated in" in docs.sections:
                yield f"**Deprecated** in {self._prose(docs.sections['Deprecated in'])}\n"

    def _arguments(self, hook: Any, docs: Docs) -> str:
        explained = docs.entries()
        wanted = inspect.signature(hook).parameters
        lines = [
            f"- `{name}`: {self._prose(words_about(explained, name, hook.__name__))}"
            for name in wanted
        ]
        return "\n".join(lines) + "\n" if lines else "It is given nothing.\n"

    def _types(self) -> Iterable[str]:
        given, answered = [], []
        for each in self._classes():
            (given if self._is_given(each) else answered).append(each)
        yield "## What hooks are given\n"
        for each in given:
            yield from self._table(each) if is_dataclass(each) else self._protocol(each)
        yield "## What hooks answer\n"
        for each in answered:
            yield from self._table(each)

    def _classes(self) -> list[type]:
        own = [each for each in vars(self.api).values() if inspect.isclass(each)]
        return [
            each
            for each in own
            if each.__module__ == self.api.__name__ and not issubclass(each, Exception)
        ]

    def _is_given(self, kind: type) -> bool:
        parameters = {
            str(parameter.annotation)
            for hook in self._functions()
            for parameter in inspect.signature(hook).parameters.values()
        }
        return kind.__name__ in parameters or getattr(kind, "_is_protocol", False)

    def _table(self, kind: type) -> Iterable[str]:
        docs = docs_of(kind)
        explained = docs.entries()
        strangers = explained.keys() - {each.name for each in fields(kind)}
        if strangers:
            raise Undocumented(f"{kind.__name__} explains {strangers}, which it does not have")
        yield f"### {kind.__name__}\n"
        yield self._paragraphs(docs.text)
        yield "| field | type | default | |\n|---|---|---|---|"
        for each in fields(kind):
            words = self._prose(words_about(explained, each.name, kind.__name__))
            yield f"| `{each.name}` | {self._type(str(each.type))} | {default_of(each)} | {words} |"
        yield ""

    def _protocol(self, kind: type) -> Iterable[str]:
        yield f"### {kind.__name__}\n"
        yield self._paragraphs(docs_of(kind).text)
        yield "| | |\n|---|---|"
        for name, member in vars(kind).items():
            if not name.startswith("_") and (callable(member) or isinstance(member, property)):
                yield self._member(name, member)
        yield ""

    def _member(self, name: str, member: Any) -> str:
        if isinstance(member, property):
            return f"| `{name}` | {self._prose(docs_of(member.fget).text)} |"
        docs = docs_of(member)
        raised = docs.sections.get("Raises", "")
        words = self._prose(docs.text) + (f" Raises {self._prose(raised)}" if raised else "")
        return f"| `{call_of(name, member)}` | {words} |"

    def _errors(self) -> Iterable[str]:
        yield "## When there is no answer\n"
        yield from self._error()
        for name, anchor in (("Reason", "reason"), ("FieldKind", "kind")):
            docs = taken_apart(string_below(self.api, name), name)
            yield f"### {name}\n\n{self._prose(docs.text)}\n\n| {anchor} | |\n|---|---|"
            for value in get_args(getattr(self.api, name)):
                yield f"| `{value}` | {self._prose(words_about(docs.entries(), value, name))} |"
            yield ""

    def _error(self) -> Iterable[str]:
        kind = self.api.TrackerError
        docs = docs_of(kind)
        yield f"### {kind.__name__}\n"
        yield f"```python\n{call_of(kind.__name__, kind)}\n```\n"
        yield self._paragraphs(docs.text)
        for name, words in docs.entries().items():
            yield f"- `{name}`: {self._prose(words)}"
        yield ""

    def _paragraphs(self, text: str) -> str:
        return "\n\n".join(self._prose(each) for each in text.split("\n\n")) + "\n"

    def _prose(self, text: str) -> str:
        """Return reStructuredText on one line of Markdown, with links to what is explained."""
        line = " ".join(text.split())
        line = re.sub(r":\w+:`(~?)([\w.]+)`", _name_of_role, line)
        parts = line.replace("``", "`").replace("|", "\\|").split("`")
        parts[::2] = [re.sub(r"<(\w+)>", r"&lt;\1&gt;", self._linked(part)) for part in parts[::2]]
        return "`".join(parts)

    def _linked(self, text: str) -> str:
        names = [
            *(each.__name__ for each in self._classes()),
            "TrackerError",
            "Reason",
            "FieldKind",
        ]
        pattern = rf"\b({'|'.join(names)})(s?)\b(?!\.\w)"
        return re.sub(pattern, lambda m: f"[`{m[1]}`](#{m[1].lower()}){m[2]}", text)

    def _type(self, annotation: str) -> str:
        """Return a type as code, linked where it is a class of this page's."""
        linked = self._linked(annotation)
        code = annotation.replace("|", "\\|")
        match = re.search(r"\]\((#\w+)\)", linked)
        return f"[`{code}`]({match[1]})" if match else f"`{code}`"


def _name_of_role(match: re.Match[str]) -> str:
    return match[2].rpartition(".")[2] if match[1] else f"`{match[2]}`"


def main(arguments: list[str]) -> None:
    """Print the page, or replace it with ``--write``."""
    sys.path.insert(0, str(ROOT))
    from sleuth import hookspecs, plugin_api  # noqa: PLC0415 - found by the line above

    page = Reference(hookspecs, plugin_api).page()
    if "--write" in arguments:
        PAGE.write_text(page, encoding="utf-8")
    else:
        print(page, end="")


if __name__ == "__main__":
    main(sys.argv[1:])
