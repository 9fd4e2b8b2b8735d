"""The entrance to Sleuth, and the settings of an organization."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from sleuth.accounts.actions import words_of
from sleuth.accounts.sign_in import load_user
from sleuth.accounts.web import entrance, people, settings, tokens  # noqa: F401 - they add pages
from sleuth.accounts.web.blueprint import blueprint
from sleuth.extensions import login_manager

SESSION_SETTINGS = {
    "SESSION_COOKIE_NAME": "sleuth_session",  # all ports of a host share their cookies
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
    "WTF_CSRF_TIME_LIMIT": None,  # a form is good for as long as the session
}


def init_app(app: Flask) -> None:
    """Register the pages, and recognize whoever comes back."""
    app.config.update(SESSION_SETTINGS)
    login_manager.user_loader(load_user)
    app.register_blueprint(blueprint)
    app.jinja_env.globals["audit_words"] = words_of
