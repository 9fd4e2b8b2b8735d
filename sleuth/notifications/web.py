"""The settings' tab Notifications: channels, and what was sent to them."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, g, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from sleuth.accounts.forms import ConfirmForm
from sleuth.accounts.rules import RuleError
from sleuth.dashboard import changes
from sleuth.notifications import channels, deliveries
from sleuth.notifications.forms import ChannelForm, WebhookForm
from sleuth.notifications.models import Channel, ChannelKind
from sleuth.web import dialog_done, render_dialog, render_partial_or_page

EVENT = channels.EVENT
REFRESH_SECONDS = 5

blueprint = Blueprint(
    "notifications", __name__, url_prefix="/o/<organization_slug>/settings/notifications"
)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show the channels and the last deliveries."""
    last_event = changes.latest(g.organization.id)
    known = channels.channels_of(g.organization.id)
    sent = deliveries.recent(g.organization.id)
    return render_partial_or_page(
        "notifications/_index.html",
        "notifications/index.html",
        refresh_seconds=REFRESH_SECONDS,
        last_event=last_event,
        channels=known,
        has_webhook=any(each.kind == ChannelKind.WEBHOOK for each in known),
        deliveries=sent,
        is_sending=any(each.is_on_its_way for each in sent),
    )


@blueprint.route("/add", methods=["GET", "POST"])
def add_channel() -> ResponseReturnValue:
    """Ask for an address that Apprise knows, and keep it."""
    form = ChannelForm()
    if form.validate_on_submit():
        with form.explaining():
            name, address = form.name.data, form.address.data
            channels.add_channel(g.organization.id, name, address, current_user.id)
            return _done(f"{form.name.data} is added. Send a test to see that it works.")
    return render_dialog("notifications/dialogs/add.html", form.status, form=form)


@blueprint.route("/webhook", methods=["GET", "POST"])
def add_webhook() -> ResponseReturnValue:
    """Ask where to post; the answer shows the secret, this once."""
    form = WebhookForm()
    if form.validate_on_submit():
        with form.explaining():
            return _show_secret(
                channels.add_webhook(g.organization.id, form.url.data, current_user.id)
            )
    return render_dialog("notifications/dialogs/webhook.html", form.status, form=form)


@blueprint.route("/<channel_id>/new-secret", methods=["GET", "POST"])
def new_secret(channel_id: str) -> ResponseReturnValue:
    """Ask, and then show another secret, this once."""
    channel = _webhook(channel_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.explaining():
            return _show_secret(channels.renew_secret(g.organization.id, channel_id))
    return render_dialog(
        "notifications/dialogs/new_secret.html", form.status, form=form, channel=channel
    )


@blueprint.post("/<channel_id>/test")
def send_test(channel_id: str) -> ResponseReturnValue:
    """Have a job send a test; its row among the deliveries says what came of it."""
    channel = _channel(channel_id)
    message = f"A test is on its way to {channel.name}."
    try:
        deliveries.send_test(g.organization, channel_id)
    except RuleError as error:
        return dialog_done(_page(), event=EVENT, message=error.message, level="info")
    return _done(message)


@blueprint.route("/<channel_id>/remove", methods=["GET", "POST"])
def remove_channel(channel_id: str) -> ResponseReturnValue:
    """Ask, and then forget a channel with its address."""
    channel, form = _channel(channel_id), ConfirmForm()
    name = channel.name
    if form.validate_on_submit():
        with form.explaining():
            channels.remove_channel(g.organization.id, channel_id)
            return _done(f"{name} is removed.")
    return render_dialog(
        "notifications/dialogs/remove.html", form.status, form=form, channel=channel
    )


def _channel(public_id: str) -> Channel:
    return channels.find(g.organization.id, public_id) or abort(404)


def _webhook(public_id: str) -> Channel:
    channel = _channel(public_id)
    return channel if channel.kind == ChannelKind.WEBHOOK else abort(404)


def _page() -> str:
    return url_for("notifications.index")


def _done(message: str) -> Response:
    return dialog_done(_page(), event=EVENT, message=message)


def _show_secret(secret: str) -> Response:
    answer = render_dialog("notifications/dialogs/secret.html", secret=secret)
    answer.headers["HX-Trigger"] = EVENT
    return answer
