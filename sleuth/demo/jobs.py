"""RQ jobs of the demo: ids in, nothing out."""

from __future__ import annotations

import logging

from sleuth.demo import arranging, keeping, stand_in
from sleuth.demo.keeping import DemoError
from sleuth.demo.stand_in import StandInError

log = logging.getLogger(__name__)


def keep_up(organization_id: int) -> None:
    """Do what has not been done yet; the tick asks again where the stand-in does not answer.

    Raises:
        DemoError: something is wrong although the stand-in answers.
    """
    try:
        _keep_up(organization_id)
    except StandInError as error:
        log.warning("%s", error)


def arrange(organization_id: int) -> None:
    """Have the stand-in be in the situations that are wanted; the tick asks again."""
    try:
        arranging.arrange(organization_id)
    except StandInError as error:
        log.warning("%s", error)


def _keep_up(organization_id: int) -> None:
    try:
        keeping.keep_up(organization_id)
    except DemoError:
        stand_in.remind([])  # raises if the reason is that it went away meanwhile
        raise
