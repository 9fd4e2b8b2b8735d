"""Headers that every answer carries, and what no request may carry."""

from __future__ import annotations

from flask import Flask, Response, abort, current_app, request

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ONE_YEAR_SECONDS = 31_536_000


def init_app(app: Flask) -> None:
    """Add the headers to every answer, and look at every request."""
    app.before_request(refuse_null_characters)
    app.after_request(add_headers)


def refuse_null_characters() -> None:
    """Refuse what no name can contain and PostgreSQL cannot even be asked for.

    The API reads its bodies itself, with limits and messages of its own.
    """
    if "\0" in request.path:
        abort(404)
    form = {} if request.path.startswith("/api/") else request.form
    texts = [*request.args.values(), *form.values()]
    if any("\0" in text for text in texts):
        abort(400, "Null characters cannot be stored; remove them and try again.")


def add_headers(response: Response) -> Response:
    """Set what is missing; a view's own header wins."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if str(current_app.config.get("SLEUTH_PUBLIC_URL") or "").startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", f"max-age={ONE_YEAR_SECONDS}")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("HX-Request")
    return response
