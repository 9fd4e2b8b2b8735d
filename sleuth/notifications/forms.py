"""The forms of the settings' tab Notifications."""

from __future__ import annotations

from wtforms import PasswordField, StringField, URLField
from wtforms.validators import InputRequired

from sleuth.accounts.forms import NAME, Form
from sleuth.notifications.addresses import LONGEST
from sleuth.notifications.channels import LONGEST_URL

SECRET = {"autocomplete": "off", "spellcheck": "false"}


class ChannelForm(Form):
    """Asks for an Apprise address; it is not shown again, even if it is refused."""

    name = StringField(
        "Name", [InputRequired("Enter a name.")], render_kw={**NAME, "autocomplete": "off"}
    )
    address = PasswordField(
        "Apprise address",
        [InputRequired("Enter an Apprise address.")],
        render_kw={**SECRET, "maxlength": LONGEST},
    )


class WebhookForm(Form):
    """Asks where to post."""

    url = URLField(
        "URL",
        [InputRequired("Enter a URL.")],
        render_kw={**SECRET, "maxlength": LONGEST_URL, "data-secret": ""},
    )
