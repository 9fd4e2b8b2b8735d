"""The deploy or code deployment that an address is about, or the answer that there is none."""

from __future__ import annotations

from typing import NoReturn

from flask import g, url_for

from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.deploys.service import find_code_deployment, find_deploy
from sleuth.web.errors import missing


def deploy_here(public_id: str) -> Deploy:
    """Return the organization's deploy.

    Raises:
        MissingError: There is none.
    """
    return find_deploy(g.organization.id, public_id) or no_deploy(public_id)


def no_deploy(public_id: str) -> NoReturn:
    """Answer that the organization has no deploy with this id."""
    page = url_for("dashboard.deploy", public_id=public_id)
    missing("deploy", page, url_for("dashboard.index"), "All deploys")


def code_deployment_here(slug: str) -> CodeDeployment:
    """Return the organization's code deployment; the sidebar marks its project from now on.

    Raises:
        MissingError: There is none.
    """
    found = find_code_deployment(g.organization.id, slug) or missing(
        "code deployment",
        url_for("deploys.deployment", deployment_slug=slug),
        url_for("deploys.deployments"),
        "All code deployments",
    )
    g.project = found.project
    return found
