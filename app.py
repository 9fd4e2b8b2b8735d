"""WSGI entry point: ``gunicorn app:app``."""

from sleuth.factory import create_app

app = create_app()
