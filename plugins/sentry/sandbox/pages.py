"""What a person sees who opens the stand-in in a browser."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from plugins.sentry.sandbox.exchange import Answer, Request
from plugins.sentry.sandbox.tokens import TOKENS
from plugins.sentry.sandbox.world import World

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.35rem .75rem .35rem 0;
border-bottom:1px solid #8884;vertical-align:top}code{user-select:all;word-break:break-all}
:root{color-scheme:light dark}
"""


def index_page(world: World, urls: dict[str, str]) -> Answer:
    """List the tokens and projects, ready to copy."""
    tokens = "".join(
        f"<tr><td><code>{escape(token.value)}</code></td><td>{escape(token.purpose)}</td></tr>"
        for token in TOKENS.values()
    )
    projects = "".join(
        f"<tr><td>{escape(owner.name)} ({owner.region})</td><td>{escape(project.name)}</td>"
        f"<td>{_environments(project.environments)}</td></tr>"
        for owner in world.organizations
        for project in owner.projects[:6]
    )
    hosts = ", ".join(f"{name} <code>{url}</code>" for name, url in urls.items())
    body = (
        "<p>This server answers like sentry.io, with made-up organizations and counts. "
        "Nothing here is secret and nothing leaves this machine.</p>"
        f"<p>Hosts: {hosts}</p>"
        "<h2>Tokens</h2><table><tr><th>Token (click to select)</th><th>What it is</th></tr>"
        f"{tokens}</table>"
        "<h2>Projects</h2><table><tr><th>Organization</th><th>Project</th>"
        f"<th>Environments</th></tr>{projects}</table><p>Initech has 134 projects.</p>"
    )
    return _page("Sentry sandbox", body)


def issues_page(request: Request) -> Answer:
    """Stand in for the tracker's own view that "explore" links lead to."""
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in request.query
    )
    note = "<p>On sentry.io this page lists the issues of that window.</p>"
    return _page("Issues", f"{note}<table>{rows}</table>")


def not_found_page() -> Answer:
    """Answer a path that neither the API nor a page knows."""
    return _page("Page not found", '<p><a href="/">Back to the list of tokens</a></p>', 404)


def _environments(names: Iterable[str]) -> str:
    return ", ".join(escape(name) or "<em>none</em>" for name in names) or "no event yet"


def _page(title: str, body: str, status: int = 200) -> Answer:
    document = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    )
    return Answer(status, document.encode(), {"Content-Type": "text/html; charset=utf-8"})
