"""What a plugin may declare of the inputs of the dialogs, checked at load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sleuth.plugin_api import CredentialField, ImpactField
from sleuth.trackers.answers import is_link, problem_of_choices
from sleuth.trackers.patterns import problem_of

KINDS = {"project": "remote_project", "environment": "text", "no_environment": "checkbox"}
LISTS_CHOICES = "sleuth_list_choices"
Rule = tuple[bool, str]
"""Whether something is as it has to be, and what is wrong otherwise."""


def credential_rules(fields: Sequence[CredentialField]) -> Iterator[Rule]:
    """Yield what holds for the inputs of the connect dialog."""
    for field in fields:
        what = f"credential field {field.name}"
        yield bool(field.label.strip()), f"{what} has no label"
        yield from _pattern_rules(what, field.pattern, field.pattern_message)


def impact_rules(fields: Sequence[ImpactField], hooks: frozenset[str]) -> Iterator[Rule]:
    """Yield what holds for the inputs of the Add impact dialog.

    Args:
        hooks: Names of the hooks that the plugin implements.
    """
    yield "project" in {field.name for field in fields}, "impact fields lack project"
    earlier: set[str] = set()
    for field in fields:
        what = f"impact field {field.name}"
        expected = KINDS.get(field.name)
        is_right = field.kind == expected if expected else field.kind != "remote_project"
        yield is_right, f"{what} cannot be of kind {field.kind}"
        is_right = not field.docs_url or is_link(field.docs_url)
        yield is_right, f"{what} has a docs_url that is no http(s) URL"
        yield from _pattern_rules(what, field.pattern, field.pattern_message)
        yield field.kind == "text" or not field.pattern, f"{what} has a pattern but is no text"
        yield from _choice_rules(what, field, earlier, hooks)
        if field.kind in {"choice", "remote_project"}:
            earlier.add(field.name)


def _choice_rules(
    what: str, field: ImpactField, earlier: set[str], hooks: frozenset[str]
) -> Iterator[Rule]:
    if field.kind != "choice":
        yield not field.choices, f"{what} has choices but is not of kind choice"
        yield not field.depends_on, f"{what} depends on others but is not of kind choice"
        return
    problem = problem_of_choices(field.choices)
    yield not problem, f"{what} cannot offer its choices: {problem}"
    is_listed = bool(field.choices)
    yield is_listed or LISTS_CHOICES in hooks, f"{what} has no choices and no {LISTS_CHOICES} hook"
    is_right = not (is_listed and field.depends_on)
    yield is_right, f"{what} has a list of its own, which cannot depend on others"
    for name in field.depends_on:
        yield name in earlier, f"{what} depends on {name}, which is no choice before it"


def _pattern_rules(what: str, pattern: str, message: str) -> Iterator[Rule]:
    problem = problem_of(pattern) if pattern else ""
    yield not problem, f"{what} has a pattern that {problem}"
    yield not pattern or bool(message.strip()), f"{what} has a pattern without a pattern_message"
