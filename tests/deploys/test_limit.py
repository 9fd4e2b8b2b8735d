"""A pipeline gone wild does not keep the others from registering."""

from __future__ import annotations

from typing import Any

import pytest

from sleuth.deploys import api
from tests.deploys.conftest import Register


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "RATELIMIT_ENABLED": True}


def test_too_many_requests_are_told_to_wait(register: Register) -> None:
    allowed = int(api.RATE_LIMIT.split()[0])
    answers = [register(data={}, headers={}) for _ in range(allowed + 1)]
    assert {each.status_code for each in answers[:-1]} == {401}
    assert (answers[-1].status_code, answers[-1].text) == (429, f"{api.TOO_MANY}\n")
    assert answers[-1].headers["Retry-After"] == "60"
