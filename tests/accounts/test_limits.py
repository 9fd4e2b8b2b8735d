"""How often somebody may be wrong at the door."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from sleuth import config, rate_limits
from sleuth.accounts import setup_code
from sleuth.extensions import db
from sleuth.factory import create_app
from sleuth.serve import queue_server
from tests.conftest import PASSWORD, Cast

RIGHT = {"email": "olga@acme.test", "password": PASSWORD}
WRONG = {"email": "olga@acme.test", "password": "wrong"}


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "RATELIMIT_ENABLED": True}


@pytest.fixture
def visitor(app: Flask, cast: Cast) -> FlaskClient:
    return app.test_client()


def counted_at(socket: Path, settings: dict[str, Any]) -> dict[str, Any]:
    url = f"unix://{socket}"
    return {
        **settings,
        "SLEUTH_REDIS_URL": url,
        "RATELIMIT_STORAGE_URI": config.limits_url(url),
    }


def try_often(visitor: FlaskClient, times: int, url: str, data: dict[str, str]) -> list[int]:
    return [visitor.post(url, data=data).status_code for _ in range(times)]


def test_an_address_is_closed_for_guessing_after_ten_errors(visitor: FlaskClient) -> None:
    assert try_often(visitor, 10, "/sign-in", WRONG) == [422] * 10
    answer = visitor.post("/sign-in", data={**RIGHT, "email": "OLGA@acme.test "})
    assert answer.status_code == 429
    assert "Too many attempts" in answer.text
    assert "Try again in 5 minutes." in answer.text or "Try again in 4 minutes." in answer.text


def test_others_can_still_sign_in(visitor: FlaskClient) -> None:
    try_often(visitor, 11, "/sign-in", WRONG)
    assert visitor.post("/sign-in", data={**RIGHT, "email": "dora@acme.test"}).status_code == 303


def test_a_computer_is_stopped_whatever_addresses_it_tries(visitor: FlaskClient) -> None:
    for number in range(20):
        visitor.post("/sign-in", data={"email": f"{number}@acme.test", "password": "wrong"})
    answer = visitor.post("/sign-in", data=RIGHT)
    assert answer.status_code == 429
    assert "Try again in 1 minute." in answer.text


def test_being_right_does_not_count(app: Flask, cast: Cast) -> None:
    for _ in range(25):
        assert app.test_client().post("/sign-in", data=RIGHT).status_code == 303


def test_looking_at_the_page_does_not_count(visitor: FlaskClient) -> None:
    assert {visitor.get("/sign-in").status_code for _ in range(25)} == {200}


def test_the_set_up_code_cannot_be_guessed_for_long(app: Flask) -> None:
    setup_code.ensure(app)
    answers = try_often(app.test_client(), 21, "/setup", {"code": "aaaa-bbbb-cccc-dddd"})
    assert answers == [422] * 20 + [429]


def test_the_current_password_cannot_be_guessed_for_long(app: Flask, sign_in) -> None:
    entered = {"current_password": "wrong", "new_password": "another horse battery"}
    assert try_often(sign_in("owner"), 11, "/account/password", entered) == [422] * 10 + [429]


@pytest.mark.queue
class TestWithAServerThatCounts:
    @pytest.fixture(autouse=True)
    def server(self, settings: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
        child = queue_server.make_child(config.load({}, {**settings, "SLEUTH_REDIS_URL": ""}))
        with subprocess.Popen(child.command) as process:
            while not Path(settings["SLEUTH_REDIS_URL"].removeprefix("unix://")).exists():
                assert process.poll() is None
            yield process
            process.kill()

    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return counted_at(config.queue_socket(settings), settings)

    @pytest.fixture
    def counts(self, settings: dict[str, Any]) -> Redis:
        return Redis.from_url(settings["SLEUTH_REDIS_URL"])

    def test_every_web_process_counts_in_the_same_place(
        self, visitor: FlaskClient, settings: dict[str, Any]
    ) -> None:
        assert try_often(visitor, 10, "/sign-in", WRONG) == [422] * 10
        other = create_app(settings)
        assert other.test_client().post("/sign-in", data=WRONG).status_code == 429
        with other.app_context():
            db.engine.dispose()

    def test_what_was_counted_is_still_known_when_it_dies(
        self, visitor: FlaskClient, server: subprocess.Popen[bytes]
    ) -> None:
        assert try_often(visitor, 2, "/sign-in", WRONG) == [422] * 2
        server.kill()
        server.wait(10)
        assert try_often(visitor, 9, "/sign-in", WRONG) == [422] * 8 + [429]

    def test_nobody_guesses_for_longer_because_it_refuses_to_store(
        self, visitor: FlaskClient, counts: Redis
    ) -> None:
        counts.config_set("min-replicas-to-write", 1)
        assert try_often(visitor, 11, "/sign-in", WRONG) == [422] * 10 + [429]

    def test_it_is_asked_again_after_a_while(
        self, visitor: FlaskClient, counts: Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rate_limits, "PAUSE_SECONDS", 0)
        counts.config_set("min-replicas-to-write", 1)
        try_often(visitor, 2, "/sign-in", WRONG)
        assert not counts.keys()
        counts.config_set("min-replicas-to-write", 0)
        try_often(visitor, 1, "/sign-in", WRONG)
        assert counts.keys()

    def test_what_it_stores_tells_nobody_who_was_wrong(
        self, visitor: FlaskClient, counts: Redis
    ) -> None:
        try_often(visitor, 1, "/sign-in", WRONG)
        names = [key.decode() for key in counts.scan_iter()]
        assert len(names) == 2, "one of the address, one of the e-mail"
        assert all(re.fullmatch(r"LIMITS:[0-9a-f]{64}", name) for name in names)


class TestWhileTheServerThatCountsIsAway:
    @pytest.fixture
    def settings(self, settings: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
        return counted_at(tmp_path / "nobody.sock", settings)

    def test_this_process_counts_alone(self, visitor: FlaskClient) -> None:
        assert try_often(visitor, 11, "/sign-in", WRONG) == [422] * 10 + [429]
