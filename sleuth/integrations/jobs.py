"""RQ jobs of the integrations: ids in, nothing out."""

from __future__ import annotations

from sleuth import clock
from sleuth.integrations import checks, choice_lists, project_list, rechecking, service


def check_connection(check_id: int) -> None:
    """Validate pasted credentials with their tracker."""
    service.validate_connection(check_id)


def list_again(integration_id: int) -> None:
    """Fetch a tracker's projects because the list is a day old."""
    project_list.list_again(integration_id)


def refresh_projects(integration_id: int) -> None:
    """Fetch an integration's list of projects."""
    project_list.refresh_projects(integration_id)


def list_choices(list_id: int) -> None:
    """Fetch what a tracker offers for a field of a dialog."""
    choice_lists.list_choices(list_id)


def recheck(check_id: int) -> None:
    """Ask a tracker whether a stored token works, because somebody wants to know."""
    rechecking.recheck(check_id)


def prove_token(integration_id: int) -> None:
    """Ask a tracker whether a stored token works that no collecting proves."""
    rechecking.prove_token(integration_id)


def give_back_check(check_id: int) -> None:
    """Let an attempt be taken up again at once, whose job has died."""
    checks.give_back(check_id)


def give_back_list(list_id: int) -> None:
    """Let a list be fetched again at once, whose job has died."""
    choice_lists.give_back(list_id)


def erase_expired_checks() -> None:
    """Erase what was pasted in attempts that nobody decided, and lists of old dialogs."""
    checks.erase_expired(clock.now())
    choice_lists.forget_old(clock.now())
