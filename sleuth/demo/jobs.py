"""RQ jobs of the demo: ids in, nothing out."""

from __future__ import annotations

import logging

from sleuth.demo import keeping
from sleuth.demo.keeping import DemoError
from sleuth.demo.stand_in import StandInError

log = logging.getLogger(__name__)


def keep_up(organization_id: int) -> None:
    """Do what has not been done yet; the tick asks again where the stand-in does not answer."""
    try:
        keeping.keep_up(organization_id)
    except (DemoError, StandInError) as error:  # it may go away at any moment
        log.warning("%s", error)
