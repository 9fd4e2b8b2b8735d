"""Builds the application; opens no connection, and writes nothing but which plugins start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, has_request_context
from rq.timeouts import BaseTimeoutException
from werkzeug.middleware.proxy_fix import ProxyFix

from sleuth import config, extensions, trackers, web
from sleuth.accounts import gate
from sleuth.queue.pace import SharedPace
from sleuth.web.templating import Environment

ROOT = Path(__file__).resolve().parent.parent
FEATURES = (
    "accounts",
    "projects",
    "deploys",
    "integrations",
    "impact",
    "health",
    "notifications",
    "dashboard",
    "api",
    "diagnostics",
    "demo",
)


def create_app(
    overrides: Mapping[str, Any] | None = None, trials: Mapping[str, trackers.Trial] | None = None
) -> Flask:
    """Return the application.

    Args:
        overrides: Configuration that wins over the environment, for tests and commands.
        trials: What came of trying the plugins; by default what is remembered of that;
            what is not known to start is tried now. No plugin is tried while ``TESTING``.
    """
    app = Flask(
        "sleuth",
        root_path=str(ROOT / "sleuth"),
        static_folder=None,
        template_folder=str(ROOT / "templates"),
    )
    app.jinja_environment = Environment  # before any extension looks at it
    app.jinja_options = {"cache_size": -1}  # all templates, in a dictionary without a lock
    configure_settings(app, overrides or {})
    configure_proxies(app)
    configure_extensions(app)
    configure_trackers(app, trials)
    configure_web(app)
    configure_features(app)
    return app


def configure_settings(app: Flask, overrides: Mapping[str, Any]) -> None:
    """Read the SLEUTH_* settings and derive Flask's own from them."""
    app.config.from_mapping(config.load(os.environ, overrides))


def configure_proxies(app: Flask) -> None:
    """Believe as many reverse proxies as the operator says there are."""
    if count := app.config["SLEUTH_TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )


def configure_extensions(app: Flask) -> None:
    """Bind database, CSRF, sign-in, HTMX and rate limits."""
    extensions.init_app(app)


def configure_trackers(app: Flask, trials: Mapping[str, trackers.Trial] | None) -> None:
    """Load every plugin in isolation; the web process calls no hook after this."""
    registry = trackers.load(app.config, trials)
    pace = SharedPace(config.redis_url(app.config), app.config["SLEUTH_REQUESTS_PER_SECOND"])
    surroundings = trackers.Surroundings(
        pace=pace,
        pace_key=app.config["SLEUTH_SECRET_KEY"].encode(),
        time_limit=(BaseTimeoutException,),
        somebody_waits=has_request_context,
        is_traced=app.config["SLEUTH_TRACE_PLUGINS"],
    )
    for tracker in registry.trackers.values():
        tracker.surroundings = surroundings
    app.extensions["sleuth_trackers"] = registry


def configure_web(app: Flask) -> None:
    """Install headers, error pages, assets, and the gate that decides permissions."""
    web.init_app(app)
    gate.init_app(app)


def configure_features(app: Flask) -> None:
    """Register each feature's pages."""
    for feature in FEATURES:
        import_module(f"sleuth.{feature}.web").init_app(app)
