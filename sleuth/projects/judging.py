"""How a project's deploys are judged: as its people decided."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sleuth.accounts import audit
from sleuth.accounts.rules import RuleError
from sleuth.extensions import db, write
from sleuth.numbers import grouped
from sleuth.projects.models import Project
from sleuth.projects.service import CHANGED

MOST_MINUTES = 1440
WRONG_MINUTES = f"Enter a whole number of minutes from 1 to {grouped(MOST_MINUTES)}."


@dataclass(frozen=True, slots=True)
class Judging:
    """What can be decided, by the names of the project's columns."""

    sensitivity: str
    failure_boundary: str
    failure_minutes: int


def judging_of(project: Project) -> Judging:
    """Return what has been decided so far."""
    return Judging(project.sensitivity, project.failure_boundary, project.failure_minutes)


def check(wanted: Judging) -> None:
    """Refuse what no project can be judged by.

    Raises:
        RuleError: The minutes are out of bounds.
    """
    if not 1 <= wanted.failure_minutes <= MOST_MINUTES:
        raise RuleError(WRONG_MINUTES, "failure_minutes")


def change_judging(project_id: int, wanted: Judging) -> None:
    """Judge the project's deploys otherwise from now on; verdicts that are final stay.

    Raises:
        RuleError: The minutes are out of bounds.
        NoResultFound: The project is gone.
    """
    check(wanted)
    with write():
        apply(lock(project_id), wanted)


def lock(project_id: int) -> Project:
    """Return a project that nobody else changes until ``with write():`` ends.

    Raises:
        NoResultFound: The project is gone.
    """
    return db.session.get_one(Project, project_id, with_for_update={"key_share": True})


def apply(project: Project, wanted: Judging) -> None:
    """Change how a locked project's deploys are judged, inside ``with write():``."""
    detail: dict[str, Any] = {}
    for name, value in asdict(wanted).items():
        before = getattr(project, name)
        if value != before:
            setattr(project, name, value)
            detail |= {name: value, f"{name}_before": before}
    if detail:
        audit.record(project.organization_id, "project.judging_changed", project.name, **detail)
        audit.publish(project.organization_id, CHANGED, project.slug)
