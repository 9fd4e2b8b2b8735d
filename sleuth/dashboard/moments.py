"""The hour or day of a moment in UTC, computed by the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import SQLColumnExpression, String, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

LENGTHS = {"hour": 13, "day": 10}
"""Of "2026-11-29 15:04:05", how many characters name the hour, or the day."""


class UtcText(FunctionElement[str]):
    """A moment as text in UTC, up to its hour or its day."""

    type = String()
    inherit_cache = True

    def __init__(self, moment: SQLColumnExpression[Any], unit: str) -> None:
        super().__init__(moment, literal_column(str(LENGTHS[unit])))


@compiles(UtcText)
def _of_text(element: UtcText, compiler: SQLCompiler, **options: Any) -> str:
    """SQLite keeps moments as such text."""
    moment, length = (compiler.process(each, **options) for each in element.clauses)
    return f"substr({moment}, 1, {length})"


@compiles(UtcText, "postgresql")
def _of_a_moment(element: UtcText, compiler: SQLCompiler, **options: Any) -> str:
    moment, length = (compiler.process(each, **options) for each in element.clauses)
    return f"left(to_char(timezone('UTC', {moment}), 'YYYY-MM-DD HH24'), {length})"
