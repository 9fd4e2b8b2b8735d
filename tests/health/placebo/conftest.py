"""What the tests of placebo deploys share: a source whose counts are known for twelve days."""

from __future__ import annotations

import pytest

from sleuth.impact.models import ImpactSource
from tests.conftest import NOW
from tests.health.story import DAY, count

SINCE = NOW - 12 * DAY


@pytest.fixture
def counted(source: ImpactSource) -> ImpactSource:
    """The impact source with five errors in each minute."""
    count(source, SINCE, NOW, 5)
    return source
