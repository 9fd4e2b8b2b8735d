"""What a machine that reads the description thinks of asking: no 5xx, no undocumented answer."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis.checks import (
    content_type_conformance,
    negative_data_rejection,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from sleuth.accounts.models import TokenType
from sleuth.accounts.tokens import create_token
from sleuth.extensions import db
from tests.api.conftest import DOCUMENT, World
from tests.conftest import Cast

ALWAYS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
EXAMPLES = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
Start = Callable[..., Any]


class Server:
    """The application of the test that is running, as a server runs it.

    Each request is on its own, and what breaks is answered, not raised.
    """

    app: Flask

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        db.session.rollback()
        with self.app.app_context():
            return self.app(environ, start)


SERVER = Server()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.app = SERVER


@pytest.fixture(autouse=True)
def server(app: Flask, world: World) -> Iterator[None]:
    """Let the application answer, with something to find."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    SERVER.app = app
    yield
    gc.collect()


@pytest.fixture
def everything(cast: Cast) -> dict[str, str]:
    """The header of a token that opens all of the API."""
    return {"Authorization": f"Bearer {create_token(cast.acme.id, 'All', TokenType.ALL).raw}"}


@SCHEMA.exclude(method="POST").parametrize()
@EXAMPLES
def test_reading_is_as_described(case: Any, everything: dict[str, str]) -> None:
    response = case.call_and_validate(headers=everything, checks=[*ALWAYS, negative_data_rejection])
    assert response.status_code < 500


@SCHEMA.include(path_regex="public_id|source_id").parametrize()
@EXAMPLES
def test_what_is_there_is_read_as_described(
    case: Any, everything: dict[str, str], world: World
) -> None:
    case.path_parameters = {
        name: {"public_id": world.deploy, "source_id": world.source}[name].public_id
        for name in case.path_parameters
    }
    response = case.call_and_validate(headers=everything, checks=ALWAYS)
    assert response.status_code < 500


@SCHEMA.include(path_regex="^/api/v1/").parametrize()
@EXAMPLES
def test_without_a_token_nothing_is_told(case: Any) -> None:
    response = case.call(headers={"Authorization": "Bearer slt_none"})
    case.validate_response(response, checks=ALWAYS)
    is_refused = response.status_code in {400, 401, 404, 405}  # 400: null characters
    assert is_refused or case.method == "OPTIONS"


# What is larger than 500 kB lies in a file that Werkzeug's test client leaves open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@SCHEMA.include(method="POST").parametrize()
@EXAMPLES
def test_registering_is_as_described(
    case: Any, everything: dict[str, str], queued: list[Any]
) -> None:
    case.path_parameters = {"organization_slug": "acme", "deployment_slug": "web-shop"}
    response = case.call_and_validate(headers=everything, checks=ALWAYS)
    assert response.status_code < 500
