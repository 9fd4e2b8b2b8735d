"""What every dialog does that asks for a token and then watches a job try it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth import clock
from sleuth.integrations import checks, service
from sleuth.integrations.forms import CredentialsForm, credentials_form
from sleuth.integrations.models import CheckKind, CheckState, ConnectionCheck
from sleuth.plugin_api import TrackerInfo
from sleuth.web import is_htmx, render_dialog


@dataclass(frozen=True, slots=True)
class TokenDialog:
    """A dialog that asks for credentials, and shows how the attempt to use them stands.

    Args:
        kind: What its attempts try.
        ask, watch, cancel: Endpoints of the form, of an attempt, and of giving it up.
        trying: Title while a job tries, with ``{name}`` for the tracker's name.
        waiting: What is said meanwhile, likewise.
        heading: Title of the form, likewise; "" for what the tracker calls its token.
        template: Draws the form.
    """

    kind: CheckKind
    ask: str
    watch: str
    cancel: str
    trying: str
    waiting: str
    heading: str = ""
    template: str = "integrations/dialogs/connect.html"

    def find(self, provider: str, public_id: str) -> ConnectionCheck | None:
        """Return an attempt of the organization, or None."""
        return checks.find(self.kind, g.organization.id, provider, public_id)

    def serve(
        self, info: TrackerInfo, start: Callable[[dict[str, str]], str], **shown: Any
    ) -> ResponseReturnValue:
        """Show the form, or start an attempt with what was entered.

        Args:
            start: Takes the credentials and returns the public id of the attempt.
            shown: What the template needs besides.
        """
        earlier = self.find(info.slug, request.form.get("check", ""))
        kept = service.kept_credentials(earlier, current_user.id)
        asks_for = earlier.result.get("asks_for", []) if earlier and kept else []
        form = credentials_form(info, kept=kept, asks_for=asks_for)
        if form.is_submitted() and form.validate():
            return self.show(info, start({**kept, **form.credentials()}))
        status = 422 if form.is_submitted() else 200
        return self.form(info, form, earlier if kept else None, status, **shown)

    def show(self, info: TrackerInfo, public_id: str) -> ResponseReturnValue:
        """Show an attempt that has just begun."""
        if is_htmx():
            return self._running(info, self.find(info.slug, public_id) or abort(404))
        return redirect(url_for(self.watch, provider=info.slug, public_id=public_id), code=303)

    def unfinished(
        self, info: TrackerInfo, attempt: ConnectionCheck, **shown: Any
    ) -> ResponseReturnValue:
        """Show an attempt that did not succeed, or not yet: wait, or ask again."""
        if attempt.state == CheckState.RUNNING:
            return self._running(info, attempt)
        if attempt.state != CheckState.INCOMPLETE:
            return self.form(info, credentials_form(info), message=attempt.message, **shown)
        kept = service.kept_credentials(attempt, current_user.id)
        form = credentials_form(info, kept=kept, asks_for=attempt.result["asks_for"])
        earlier = attempt if kept else None
        return self.form(info, form, earlier, message=attempt.message, **shown)

    def form(
        self,
        info: TrackerInfo,
        form: CredentialsForm,
        earlier: ConnectionCheck | None = None,
        status: int = 200,
        message: str = "",
        **shown: Any,
    ) -> ResponseReturnValue:
        """Show the form.

        Args:
            earlier: An attempt that waits for one more field.
            message: What came of the last attempt.
        """
        return render_dialog(
            self.template,
            status=status,
            info=info,
            form=form,
            earlier=earlier,
            message=message,
            heading=self.heading.format(name=info.name),
            action=url_for(self.ask, provider=info.slug),
            **shown,
        )

    def _running(self, info: TrackerInfo, attempt: ConnectionCheck) -> ResponseReturnValue:
        provider, public_id = info.slug, attempt.public_id
        return render_dialog(
            "integrations/dialogs/checking.html",
            refresh_seconds=2,
            title=self.trying.format(name=info.name),
            message=self.waiting.format(name=info.name),
            since=attempt.created_at,
            watch_url=url_for(self.watch, provider=provider, public_id=public_id),
            cancel_url=url_for(self.cancel, provider=provider, public_id=public_id),
            is_waiting_long=checks.is_waiting_long(attempt, clock.now()),
        )
