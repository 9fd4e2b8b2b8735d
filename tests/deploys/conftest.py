"""A code deployment, and a pipeline that registers deploys to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from sleuth.accounts.models import TokenType
from sleuth.accounts.tokens import create_token
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.deploys.service import create_code_deployment
from sleuth.extensions import db
from tests.conftest import Cast

Register = Callable[..., TestResponse]


@pytest.fixture
def web(cast: Cast) -> CodeDeployment:
    """The code deployment Web of the project Shop."""
    return create_code_deployment(cast.project.id, "Web")


@pytest.fixture
def key(cast: Cast) -> str:
    """A token that registers deploys of Acme."""
    return create_token(cast.acme.id, "Pipeline", TokenType.REGISTER_DEPLOY).raw


@pytest.fixture
def register(app: Flask, web: CodeDeployment, key: str) -> Register:
    """Call the API as a pipeline does; keywords are those of the test client."""

    def call(path: str = "acme/web/register_deploy", **request: Any) -> TestResponse:
        request.setdefault("headers", {"Authorization": f"Bearer {key}"})
        return app.test_client().post(f"/api/1/deployments/{path}", **request)

    return call


@pytest.fixture
def stored(app: Flask) -> Callable[[], list[Deploy]]:
    """Return the deploys there are, in the order of their registration."""

    def deploys() -> list[Deploy]:
        db.session.rollback()
        return list(db.session.scalars(select(Deploy).order_by(Deploy.id)))

    return deploys
