"""Rows that are kept for a while after they were disabled, and that no query sees by itself.

Whoever forgot to leave them out would collect with an erased token or count what is gone,
so leaving them out is the rule, and seeing them has to be asked for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.sql.base import Executable

SEES_DISABLED: dict[str, Any] = {"sees_disabled": True}
"""Execution options of a statement that is to see disabled rows, too."""


class CanBeDisabled:
    """A model whose rows are left out of every query once ``disabled_at`` is set.

    This holds for statements of the session, in joins and subqueries, too, and for
    ``get`` unless the row is in the session already; lock it there to have it read again.
    """

    disabled_at: Mapped[datetime | None] = mapped_column(index=True)


@event.listens_for(Session, "do_orm_execute")
def _leave_out_disabled(state: ORMExecuteState) -> None:
    if state.is_column_load or state.is_relationship_load or state.is_insert:
        return
    if state.execution_options.get("sees_disabled"):
        return
    if isinstance(state.statement, Executable):
        state.statement = state.statement.options(_ENABLED)


_ENABLED = with_loader_criteria(
    CanBeDisabled, lambda cls: cls.disabled_at.is_(None), include_aliases=True
)
