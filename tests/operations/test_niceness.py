"""What works in the background leaves the processor to others, in its session as well."""

from __future__ import annotations

import os

import pytest

from sleuth import processes


class Session:
    """A session that Linux lets be told only now and then."""

    def __init__(self, *refusals: OSError) -> None:
        self.refusals = list(refusals)
        self.told: list[str] = []

    def write_text(self, text: str) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.told.append(text)


@pytest.fixture
def session_of(monkeypatch: pytest.MonkeyPatch):
    """Pretend that this process has a session of its own, which refuses as it is told to."""

    def make(*refusals: OSError) -> Session:
        session = Session(*refusals)
        monkeypatch.setattr(os, "getsid", lambda _pid: os.getpid())
        monkeypatch.setattr(processes, "SESSION_NICE", session)
        monkeypatch.setattr(processes, "BETWEEN_TRIES_SECONDS", 0)
        return session

    return make


def test_a_session_of_its_own_is_told(session_of) -> None:
    session = session_of()
    processes.step_back(0)
    assert session.told == ["0"]


def test_a_session_that_cannot_be_told_just_now_is_told_later(session_of) -> None:
    session = session_of(BlockingIOError(), BlockingIOError())
    processes.step_back(0)
    assert session.told == ["0"]


def test_a_system_without_such_sessions_is_left_alone(session_of) -> None:
    session = session_of(FileNotFoundError())
    processes.step_back(0)
    assert session.told == []


def test_the_session_of_whoever_started_it_is_left_alone(session_of, monkeypatch) -> None:
    session = session_of()
    monkeypatch.setattr(os, "getsid", lambda _pid: os.getpid() - 1)
    processes.step_back(0)
    assert session.told == []
