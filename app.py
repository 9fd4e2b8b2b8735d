"""WSGI entry point: ``gunicorn app:app``; also what ``flask db`` works on."""

from sleuth import migrating
from sleuth.factory import create_app

app = create_app()
migrating.init_app(app)
