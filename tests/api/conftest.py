"""What the tests of the API share: a judged deploy with counts, and ways to ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from sleuth.accounts.models import TokenType
from sleuth.accounts.tokens import create_token
from sleuth.deploys.models import Deploy
from sleuth.extensions import write
from sleuth.impact.models import ImpactSource
from sleuth.impact.series import Replacement, replace_counts
from sleuth.projects.models import Project
from tests.conftest import NOW, Cast
from tests.dashboard import seed

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent.parent / "docs" / "api" / "openapi.json").read_text()
)
EPOCH = int(NOW.timestamp())
DAY = 86_400
Get = Callable[..., TestResponse]


@dataclass
class World:
    """A project with a source that has a day of counts, and a deploy an hour ago.

    Args:
        quiet: An earlier deploy to staging, which nothing watches.
    """

    project: Project
    source: ImpactSource
    deploy: Deploy
    quiet: Deploy


@pytest.fixture
def token(cast: Cast) -> str:
    """A token that reads what Acme has."""
    return create_token(cast.acme.id, "Dashboard", TokenType.READ).raw


@pytest.fixture
def get(app: Flask, token: str) -> Get:
    """Ask the API as Acme: ``get("deploys", limit=1)``; underlined keywords are the client's."""

    def ask(path: str, _key: str = token, _headers: Any = None, **query: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {_key}", **(_headers or {})}
        return app.test_client().get(f"/api/v1/{path}", query_string=query, headers=headers)

    return ask


@pytest.fixture
def world(cast: Cast) -> World:
    """Acme's shop in the last day."""
    with write():
        project = cast.project
        web = seed.add_deployment(project, "Web shop")
        production, staging = project.environments
        source = seed.add_source(seed.add_integration(project), production)
        source.complete_until = NOW
        known = [(EPOCH - DAY + 60 * minute, minute % 7) for minute in range(1440)]
        replace_counts([Replacement(source.id, EPOCH - DAY, EPOCH, known)])
        quiet = seed.add_deploy(web, staging, deployed_at=NOW - timedelta(hours=2))
        deploy = seed.add_deploy(web, production, **CHANGE, deployed_at=NOW - timedelta(hours=1))
        began_at = deploy.deployed_at
        verdict = seed.add_verdict(
            deploy, source, "unhealthy", minutes_of_data=18, began_at=began_at
        )
        seed.add_change(verdict, 6, "ailing")
        seed.add_change(verdict, 18, "unhealthy")
    return World(project, source, deploy, quiet)


CHANGE: dict[str, Any] = {
    "author_name": "Ada Lovelace",
    "author_email": "ada@acme.test",
    "branch": "main",
    "tags": ["hotfix"],
    "links": {"build": "https://ci.example.com/runs/1"},
    "commits": [{"revision": "b450349", "message": "Retry", "author": {"name": "Ada"}}],
    "files": [{"path": "shop/payment.py", "additions": 3, "deletions": 1}],
    "pull_requests": [{"number": 7, "title": "Retry", "url": "https://git.example.com/7"}],
}
