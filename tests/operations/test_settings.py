"""Settings: one table, read from the environment."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from flask import request

from sleuth import config
from sleuth.factory import create_app
from sleuth.plugin_api import PluginSetting


def load(**environ: str) -> dict[str, Any]:
    return config.load(environ)


def test_every_setting_has_a_default() -> None:
    values = load()
    assert (values["SLEUTH_HOST"], values["SLEUTH_PORT"]) == ("127.0.0.1", 8000)
    assert {row.name for row in config.SETTINGS} <= set(values)


def test_every_setting_is_documented() -> None:
    manual = (config.ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    missing = [row.name for row in config.SETTINGS if f"`{row.name}`" not in manual]
    assert missing == []


def test_an_empty_variable_means_the_default() -> None:
    assert load(SLEUTH_PORT="")["SLEUTH_PORT"] == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLEUTH_PORT", "http"),
        ("SLEUTH_PORT", "70000"),
        ("SLEUTH_SAFE_MODE", "maybe"),
        ("SLEUTH_TRUSTED_PROXIES", "-1"),
    ],
)
def test_a_value_that_does_not_parse_is_named_with_its_meaning(name: str, value: str) -> None:
    with pytest.raises(config.SettingError, match=f"^{name} cannot be '{value}': [A-Z0-9]"):
        load(**{name: value})


def test_relative_paths_start_at_the_checkout() -> None:
    assert load(SLEUTH_DATA_DIR="var")["SLEUTH_DATA_DIR"] == str(config.ROOT / "var")


def test_lists_may_be_separated_by_commas_or_spaces() -> None:
    values = load(SLEUTH_DISABLED_PLUGINS="sentry, example rollbar")
    assert values["SLEUTH_DISABLED_PLUGINS"] == ("sentry", "example", "rollbar")


def test_overrides_win_and_keep_their_type() -> None:
    values = config.load({"SLEUTH_PORT": "1"}, {"SLEUTH_PORT": 2, "TESTING": True})
    assert (values["SLEUTH_PORT"], values["TESTING"]) == (2, True)


def test_the_database_is_a_file_in_the_data_directory() -> None:
    values = load(SLEUTH_DATA_DIR="/data")
    assert values["SQLALCHEMY_DATABASE_URI"] == "sqlite:////data/sleuth.sqlite3"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql_goes_through_psycopg(scheme: str) -> None:
    values = load(SLEUTH_DATABASE_URL=f"{scheme}://sleuth@db/sleuth")
    assert values["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://sleuth@db/sleuth"


def test_another_database_url_is_left_as_it_is() -> None:
    assert config.database_url({"SLEUTH_DATABASE_URL": "sqlite:////x.db"}) == "sqlite:////x.db"


@pytest.mark.parametrize(("url", "is_secure"), [("https://sleuth.test/", True), ("", False)])
def test_cookies_are_secure_where_users_come_by_https(url: str, is_secure: bool) -> None:
    assert load(SLEUTH_PUBLIC_URL=url)["SESSION_COOKIE_SECURE"] is is_secure


@pytest.mark.parametrize(
    ("redis", "storage"),
    [
        ("", "shared+redis+unix:///data/queue/queue.sock?db=0"),
        ("redis://cache:6379/0", "shared+redis://cache:6379/0"),
        ("unix:///run/redis.sock", "shared+redis+unix:///run/redis.sock"),
    ],
)
def test_sign_in_attempts_are_counted_where_all_web_servers_see_them(
    redis: str, storage: str
) -> None:
    values = load(SLEUTH_REDIS_URL=redis, SLEUTH_DATA_DIR="/data")
    assert values["RATELIMIT_STORAGE_URI"] == storage


def test_the_queue_listens_in_the_data_directory() -> None:
    values = load(SLEUTH_DATA_DIR="/data")
    assert config.redis_url(values) == "unix:///data/queue/queue.sock?db=0"


def test_a_path_too_long_for_a_socket_is_replaced_by_a_short_one(tmp_path: Path) -> None:
    deep = config.queue_socket(load(SLEUTH_DATA_DIR=str(tmp_path / ("long" * 30))))
    other = config.queue_socket(load(SLEUTH_DATA_DIR=str(tmp_path / ("deep" * 30))))
    assert len(str(deep)) <= config.SOCKET_PATH_LIMIT
    assert deep != other


@pytest.mark.parametrize("folder", ["my sleuth", "100%", "really?", "a=b", "grün"])
def test_a_path_that_the_queues_own_words_cannot_hold_is_replaced_too(folder: str) -> None:
    socket = config.queue_socket(load(SLEUTH_DATA_DIR=f"/data/{folder}"))
    assert folder not in str(socket)


def test_the_short_path_is_short_even_if_the_temporary_directory_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/" + "t" * 60)
    socket = config.queue_socket(load(SLEUTH_DATA_DIR="/" + "x" * 120))
    assert socket.parent.parent == Path("/tmp")


def test_a_plugin_reads_the_settings_it_declares() -> None:
    declared = [
        PluginSetting("url", "https://sentry.io", "Where it is.", is_url=True),
        PluginSetting("page-size", "100", "How many at once."),
    ]
    environ = {"SLEUTH_ERROR_HUB_URL": " https://hub.test ", "SLEUTH_ERROR_HUB_OTHER": "x"}
    settings = config.plugin_settings("error-hub", declared, environ)
    assert settings == {"url": "https://hub.test", "page-size": "100"}


def test_variables_of_plugins_are_kept_as_text() -> None:
    assert load(SLEUTH_SENTRY_URL="http://127.0.0.1:1")["SLEUTH_SENTRY_URL"] == "http://127.0.0.1:1"


def test_keys_are_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    config.create_keys(tmp_path / "var")
    first = load(SLEUTH_DATA_DIR=str(tmp_path / "var"))
    config.create_keys(tmp_path / "var")
    assert load(SLEUTH_DATA_DIR=str(tmp_path / "var")) == first
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "var").iterdir()}
    assert modes == {"secret-key": 0o600, "encryption-keys": 0o600}
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_whoever_makes_a_key_second_keeps_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret-key").write_text("the first")
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    config.create_once(tmp_path / "secret-key", "the second")
    assert [file.name for file in tmp_path.iterdir()] == ["secret-key"]
    assert (tmp_path / "secret-key").read_text() == "the first"


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret-key").mkdir()
    with pytest.raises(config.SettingError, match=r"key file .*secret-key cannot be read"):
        load(SLEUTH_DATA_DIR=str(tmp_path))


def test_several_encryption_keys_may_stand_on_lines_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "encryption-keys").write_text("new\nold\n")
    assert load(SLEUTH_DATA_DIR=str(tmp_path))["SLEUTH_ENCRYPTION_KEYS"] == "new,old"


@pytest.mark.parametrize(("proxies", "address"), [("0", "127.0.0.1"), ("1", "203.0.113.7")])
def test_a_proxy_is_believed_only_if_the_operator_says_there_is_one(
    settings: dict[str, Any], proxies: str, address: str
) -> None:
    app = create_app({**settings, "SLEUTH_TRUSTED_PROXIES": proxies})
    seen: list[str | None] = []
    app.before_request_funcs = {None: [lambda: seen.append(request.remote_addr)]}
    app.test_client().get("/static/none", headers={"X-Forwarded-For": "203.0.113.7"})
    assert seen == [address]
