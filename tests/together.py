"""Several people at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask

from sleuth.extensions import db

Call = tuple[Any, ...]
"""A function and its arguments."""


def at_once(app: Flask, expected: type[Exception], *calls: Call) -> list[Exception]:
    """Make the calls at the same moment, each in a thread of its own.

    Args:
        expected: What a call may raise; anything else fails the test.

    Returns:
        What was raised.
    """
    refusals: list[Exception] = []
    surprises: list[BaseException] = []
    barrier = threading.Barrier(len(calls))

    def run(function: Callable[..., object], *arguments: Any) -> None:
        with app.app_context():
            try:
                barrier.wait()
                function(*arguments)
            except expected as error:
                refusals.append(error)
            except BaseException as error:
                surprises.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert not surprises, surprises
    return refusals
