"""Error answers in the form the caller can use: a page, a sentence or JSON."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import NoReturn

from flask import (
    Flask,
    Response,
    current_app,
    jsonify,
    make_response,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, NotFound, ServiceUnavailable

from sleuth.extensions import db, htmx, storage_trouble
from sleuth.web import problems
from sleuth.web.responses import is_htmx, is_shown

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Words:
    """What an error page says.

    Args:
        alone: The message where no title stands above it, if it must be another.
    """

    title: str
    message: str
    icon: str = "circle-alert"
    alone: str = ""


WORDS = {
    400: Words("That request made no sense", "Go back, reload the page and try again."),
    401: Words("Please sign in", "Sign in to go on.", "lock"),
    403: Words(
        "You may not do that",
        "Your role does not allow it. An owner or administrator of the organization can help.",
        "shield",
    ),
    404: Words(
        "There is no such page",
        "It may have been deleted or renamed, or it belongs to another organization.",
        "search",
        "What you asked for is not there. Somebody may have deleted it.",
    ),
    405: Words("That does not work here", "This page cannot be used in that way.", "unplug"),
    413: Words("That is too large", "Send less at once and try again.", "package"),
    429: Words("Too many attempts", "Wait a little, then try again.", "clock"),
    500: Words(
        "Something broke on our side",
        "The error has been logged. Try again; if it stays, tell whoever runs this server.",
        "bug",
    ),
    503: Words("Not available just now", "Try again in a minute.", "wifi-off"),
}
STALE_FORM = "This page was open too long. Reload it and try again."


class MissingError(NotFound):
    """There is no such thing, or not any more.

    Args:
        thing: What it is called, e.g. "deploy".
        page: Its address, if it were there.
        back: Where somebody goes who was looking at it.
        label: What is there, e.g. "All deploys".
    """

    def __init__(self, thing: str, page: str, back: str, label: str) -> None:
        super().__init__(f"There is no such {thing} here. Somebody may have deleted it.")
        self.thing, self.page, self.back, self.label = thing, page, back, label


def missing(thing: str, page: str, back: str, label: str) -> NoReturn:
    """Answer that something is not there; the arguments are those of :class:`MissingError`.

    Its page, and all below it, says for good that it was deleted, and a part of another goes.
    """
    raise MissingError(thing, page, back, label)


def init_app(app: Flask) -> None:
    """Answer every HTTP error in Sleuth's own words."""
    app.register_error_handler(HTTPException, handle)
    app.register_error_handler(MissingError, no_more)
    app.register_error_handler(OperationalError, not_stored)


def handle(error: HTTPException) -> Response:
    """Turn an HTTP error into a page, a sentence (HTMX) or JSON (below ``/api/``)."""
    code = error.code or 500
    words = WORDS.get(code) or Words(error.name, "")
    message = _message(error, words)
    response = make_response(_body(code, words, message), code)
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response


def no_more(error: MissingError) -> Response:
    """Answer that something is not there, as suits what asks.

    What a page asks by itself is no error: a browser would note one for each event.
    """
    if not _draws_itself():
        return handle(error)
    if not is_shown(error.page):
        return Response(headers={"HX-Reswap": "delete"}, mimetype="text/html")
    response = make_response(render_template("errors/deleted.html", error=error))
    response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#main"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


def _draws_itself() -> bool:
    is_part = bool(htmx.target) and htmx.target == htmx.trigger
    return request.method == "GET" and is_htmx() and is_part


def not_stored(error: OperationalError) -> HTTPException | ResponseReturnValue:
    """Answer where the disk is full or the database busy; anything else is our fault."""
    trouble = storage_trouble(error)
    if not trouble:
        raise error
    log.error("%s %s: %s", request.method, request.path, trouble)
    db.session.rollback()
    return current_app.handle_http_exception(ServiceUnavailable(trouble))


def gone(_error: Exception) -> Response:
    """Answer where somebody else deleted it while this request was on its way."""
    return handle(NotFound())


def _message(error: HTTPException, words: Words) -> str:
    """Prefer what the code that raised the error had to say."""
    if isinstance(error, CSRFError):
        return STALE_FORM
    if error.description and error.description != type(error).description:
        return error.description
    return words.message


def _body(code: int, words: Words, message: str) -> str | Response:
    if request.path.startswith(problems.API):
        return problems.problem(code, message or words.title)
    if request.path.startswith("/api/"):
        return jsonify(error=message or words.title)
    if is_htmx():
        is_plain = message == words.message
        sentence = words.alone if is_plain and words.alone else message or words.title
        return Response(sentence, mimetype="text/plain")
    return render_template("errors/page.html", code=code, words=words, message=message)
