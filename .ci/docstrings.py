"""Takes docstrings apart, and signatures, for the page that .ci/reference.py writes."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import MISSING, Field, dataclass
from itertools import pairwise
from types import ModuleType
from typing import Any

SECTIONS = ("Called", "Args", "Returns", "Raises", "Example", "Added in", "Deprecated in")


class Undocumented(Exception):  # noqa: N818 - it is what is the matter
    """Something that plugins see has no words."""


@dataclass(frozen=True)
class Docs:
    """A docstring, taken apart: its paragraphs, and its sections by name."""

    text: str
    sections: dict[str, str]

    def entries(self, section: str = "Args") -> dict[str, str]:
        """Return the names that a section explains, in order, and how."""
        found: dict[str, str] = {}
        for line in self.sections.get(section, "").splitlines():
            name, colon, words = line.partition(": ")
            if colon and re.fullmatch(r"[\w.]+", name):
                found[name] = words
            elif found:
                found[[*found][-1]] += f" {line.strip()}"
        return found


def docs_of(thing: Any) -> Docs:
    """Return what is said of a function or class.

    Raises:
        Undocumented: nothing is.
    """
    return taken_apart(inspect.getdoc(thing) or "", thing.__name__)


def taken_apart(document: str, name: str) -> Docs:
    """Return the parts of a docstring.

    Args:
        name: Of what it documents.

    Raises:
        Undocumented: it is empty.
    """
    if not document.strip():
        raise Undocumented(f"{name} has no docstring")
    pattern = rf"^({'|'.join(SECTIONS)}):$\n"
    text, *rest = re.split(pattern, inspect.cleandoc(document), flags=re.MULTILINE)
    sections = {
        title: inspect.cleandoc("\n" + body).strip()
        for title, body in zip(rest[::2], rest[1::2], strict=True)
    }
    return Docs(text.strip(), sections)


def section_of(hook: Any, name: str) -> str:
    """Return a section that has to be there, or raise Undocumented."""
    found = docs_of(hook).sections.get(name, "")
    if not found:
        raise Undocumented(f"{hook.__name__} has no section {name}")
    return found


def words_about(explained: dict[str, str], name: str, owner: str) -> str:
    """Return the words for one of the names explained, or raise Undocumented."""
    if name not in explained:
        raise Undocumented(f"{owner} does not explain {name}")
    return explained[name]


def signature_of(hook: Any) -> str:
    """Return how a hook is written, on several lines if it is long."""
    signature = inspect.signature(hook)
    line = f"def {hook.__name__}{signature}".replace("'", "")
    if len(line) <= 100:
        return line
    arguments = ", ".join(str(each).replace("'", "") for each in signature.parameters.values())
    returned = str(signature.return_annotation)
    return f"def {hook.__name__}(\n    {arguments}\n) -> {returned}"


def call_of(name: str, function: Any) -> str:
    """Return how something is called, with the star before what has to be named."""
    signature = inspect.signature(function)
    bare = signature.replace(
        parameters=[
            each.replace(annotation=inspect.Parameter.empty)
            for each in signature.parameters.values()
            if each.name != "self"
        ],
        return_annotation=inspect.Signature.empty,
    )
    return f"{name}{bare}"


def default_of(each: Field[Any]) -> str:
    """Return the default of a field as code, or a dash."""
    if each.default is not MISSING:
        return f"`{each.default!r}`"
    if each.default_factory is not MISSING:
        return f"`{each.default_factory()!r}`" if each.default_factory is dict else "its defaults"
    return "–"


def string_below(module: ModuleType, name: str) -> str:
    """Return the string that stands below an assignment."""
    body = ast.parse(inspect.getsource(module)).body
    for statement, following in pairwise(body):
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        is_wanted = any(isinstance(each, ast.Name) and each.id == name for each in targets)
        if is_wanted and isinstance(following, ast.Expr):
            return str(ast.literal_eval(following.value))
    raise Undocumented(f"{name} has no string below it")
