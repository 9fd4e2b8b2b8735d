"""Answers that suit both a plain browser and HTMX."""

from __future__ import annotations

import json
import re
from typing import Any, Literal
from urllib.parse import urlsplit

from flask import (
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from sleuth.extensions import htmx

Level = Literal["success", "info", "warning", "error"]


def is_htmx() -> bool:
    """Return whether the answer will be swapped into a page that is already there."""
    return bool(htmx) and not htmx.history_restore_request


def render_dialog(
    template: str,
    status: int = 200,
    *,
    refresh_seconds: int | None = None,
    polls_itself: bool = False,
    **context: Any,
) -> Response:
    """Answer with a dialog: its body alone for HTMX, a full page otherwise.

    Args:
        template: Draws the body with the ``dialog_shell`` macro.
        status: 422 when a form is shown again with errors.
        refresh_seconds: The full page reloads itself after that many seconds; for a
            dialog that waits for a job.
        polls_itself: Only where there is no JavaScript: otherwise a part of it asks again.
        context: What the template draws; ``title`` names the page, else the heading does.
    """
    body = render_template(template, **context)
    if not is_htmx():
        body = render_template(
            "dialogs/page.html",
            body=Markup(body),  # noqa: S704 - rendered and escaped by the line above
            title=context.get("title") or _heading(body),
            refresh_seconds=refresh_seconds,
            polls_itself=polls_itself,
        )
    return make_response(body, status)


def render_partial_or_page(partial: str, page: str, status: int = 200, **context: Any) -> Response:
    """Answer with the partial for HTMX, with the page that includes it otherwise."""
    return make_response(render_template(partial if is_htmx() else page, **context), status)


def dialog_done(
    redirect_to: str,
    *,
    event: str | tuple[str, ...] | None = None,
    message: str | None = None,
    level: Level = "success",
) -> BaseResponse:
    """Close the dialog and tell the page what changed.

    Args:
        redirect_to: Where a plain browser goes; HTMX stays where it is.
        event: What cards listen for, e.g. ``integrationChanged``.
        message: Shown as a toast, or flashed for a plain browser.
    """
    if not is_htmx():
        if message:
            flash(message, level)
        return redirect_page(redirect_to)
    names = (event,) if isinstance(event, str) else event or ()
    triggers: dict[str, Any] = {"dialogClose": True, **dict.fromkeys(names, True)}
    if message:
        triggers["notify"] = {"message": message, "level": level}
    return _empty({"HX-Trigger": json.dumps(triggers)})


def go_to(url: str, *, message: str | None = None, level: Level = "success") -> BaseResponse:
    """Send the whole page elsewhere, out of a dialog too."""
    if message:
        flash(message, level)
    return _empty({"HX-Redirect": url}) if is_htmx() else redirect_page(url)


def deleted(
    page: str, redirect_to: str, *, event: str | tuple[str, ...], message: str
) -> BaseResponse:
    """Close the dialog after something was deleted, and leave its page if that is shown.

    Args:
        page: The address of the page that is no more.
        redirect_to: Where somebody goes who was there.
    """
    if is_htmx() and is_shown(page):
        return go_to(redirect_to, message=message)
    return dialog_done(redirect_to, event=event, message=message)


def shown_path() -> str:
    """Return the path of the page from which HTMX asks, "" where that is not known."""
    try:
        return urlsplit(htmx.current_url or "").path
    except ValueError:
        return ""


def is_shown(page: str) -> bool:
    """Return whether HTMX asks from this page, or from one below it."""
    return f"{shown_path()}/".startswith(f"{page}/")


def notify(response: Response, message: str, level: Level = "success") -> Response:
    """Add a toast to an HTMX answer; flash it for a plain browser."""
    if is_htmx():
        triggers = json.loads(response.headers.get("HX-Trigger", "{}"))
        triggers["notify"] = {"message": message, "level": level}
        response.headers["HX-Trigger"] = json.dumps(triggers)
    else:
        flash(message, level)
    return response


def redirect_page(url: str) -> BaseResponse:
    """Redirect after a form post."""
    return redirect(url, 303)


def base_url() -> str:
    """Return where this Sleuth is, as those who ask reach it; without a slash at the end."""
    public_url: str = current_app.config["SLEUTH_PUBLIC_URL"]
    return public_url.rstrip("/") or request.host_url.rstrip("/")


def page_url(number: int) -> str:
    """Return this page's address with another page number."""
    values = {**request.args.to_dict(), **(request.view_args or {}), "page": number}
    return url_for(request.endpoint or "", **values)


def _heading(body: str) -> str:
    """Return the words of a dialog's heading: they name its page, too."""
    heading = re.search(r"<h1\b[^>]*>(.*?)</h1>", body, re.DOTALL)
    return Markup(heading[1]).striptags() if heading else "Dialog"  # noqa: S704 - rendered above


def _empty(headers: dict[str, str]) -> Response:
    return Response("", headers=headers, mimetype="text/html")
