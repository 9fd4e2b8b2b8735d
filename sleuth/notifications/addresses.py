"""Which Apprise addresses are taken: named services at hosts of their own, and their mail.

Two looks, each enough for most of what is refused. The text may have no option that is not
known to be harmless. Then Apprise itself parses it, and what came of that is inspected,
because only that says where a message would really go.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, unquote

from apprise import AppriseAsset
from apprise.exception import AppriseException

from sleuth.accounts.rules import RuleError

LONGEST = 1000
OPTIONS = {"to", "cc", "bcc", "from", "name", "region", "priority", "sound", "thread", "topic"}
"""None of these says where a service is, names a file, or loads anything."""

SECONDS_OF_WORK = 10
FIELD = "address"

_log = logging.getLogger("apprise")  # it logs what addresses are made of, so nothing gets out
_log.propagate = False
_log.addHandler(logging.NullHandler())
_log.setLevel(logging.WARNING)

_WORD = re.compile(r"[a-z_]{1,12}")
_SHAPE = re.compile(r"([a-z]+)://[^/?#\s]")


@dataclass(frozen=True, slots=True)
class Service:
    """A service that messages can be sent to.

    Args:
        name: For people.
        plugin: ``module:class`` below ``apprise.plugins``. Only this is ever loaded, so that
            no address can reach another.
        leads_home: Whether what was parsed stays at the service's own hosts; for plugins
            that know no others there is nothing to ask.
    """

    name: str
    plugin: str
    leads_home: Callable[[Any], bool] = lambda _parsed: True


def _is_known_mail(parsed: Any) -> bool:
    """Tell whether mail goes to a provider that Apprise knows, encrypted, at its own port."""
    templates = import_module("apprise.plugins.email.templates").EMAIL_TEMPLATES
    known = {(each["smtp_host"], each["port"]) for *_, each in templates if each["smtp_host"]}
    is_private = parsed.secure and parsed.secure_mode in ("starttls", "ssl")
    return is_private and (parsed.smtp_host, parsed.port) in known and not parsed.use_wkd


def _is_public_ntfy(parsed: Any) -> bool:
    return bool(parsed.mode == "cloud")


MAIL = Service("E-mail", "email.base:NotifyEmail", _is_known_mail)
NTFY = Service("ntfy", "ntfy:NotifyNtfy", _is_public_ntfy)
WEBEX = Service("Webex", "webexteams:NotifyWebexTeams")
SERVICES: dict[str, Service] = {
    "mailto": MAIL,
    "mailtos": MAIL,
    "discord": Service("Discord", "discord:NotifyDiscord"),
    "gchat": Service("Google Chat", "google_chat:NotifyGoogleChat"),
    "mailgun": Service("Mailgun", "mailgun:NotifyMailgun"),
    "ntfy": NTFY,
    "ntfys": NTFY,
    "opsgenie": Service("Opsgenie", "opsgenie:NotifyOpsgenie"),
    "pagerduty": Service("PagerDuty", "pagerduty:NotifyPagerDuty"),
    "pbul": Service("Pushbullet", "pushbullet:NotifyPushBullet"),
    "postmark": Service("Postmark", "postmark:NotifyPostmark"),
    "pover": Service("Pushover", "pushover:NotifyPushover"),
    "sendgrid": Service("SendGrid", "sendgrid:NotifySendGrid"),
    "slack": Service("Slack", "slack:NotifySlack"),
    "tgram": Service("Telegram", "telegram:NotifyTelegram"),
    "webex": WEBEX,
    "wxteams": WEBEX,
}


def service_of(address: str) -> Service:
    """Return the service that an address belongs to, if it is one that is taken.

    Raises:
        RuleError: It is not; the message never holds the address.
    """
    return _parsed(address)[0]


def parsed_address(address: str) -> Any:
    """Return Apprise's object for an address, which may be told to send; opens nothing.

    Raises:
        RuleError: It is not an address that is taken.
    """
    return _parsed(address)[1]


def asset() -> AppriseAsset:
    """Return how Apprise has to behave: nothing from or to disk, no redirect, no threads."""
    return AppriseAsset(
        app_id="Sleuth",
        app_desc="Sleuth",
        app_url="",
        image_url_logo="",
        image_url_mask="",
        async_mode=False,
        http_redirects=False,
        allow_templates=False,
        pgp_autogen=False,
        pem_autogen=False,
        secure_logging=True,
        storage_mode="memory",
        service_timeout=SECONDS_OF_WORK,
    )


def _parsed(address: str) -> tuple[Service, Any]:
    service = SERVICES[_checked_scheme(address)]
    _check_options(address)
    parsed = _by_apprise(service, address)
    if parsed is None:
        raise _refused(f"{service.name} cannot be reached by this: Apprise does not understand it.")
    is_plain = not parsed.verify_certificate or parsed.redirects
    if is_plain or not service.leads_home(parsed):
        raise _refused(
            "Mail is sent through providers that Apprise knows by name, as their own users."
            if service is MAIL
            else f"Messages to {service.name} go to its own servers only."
        )
    return service, parsed


def _checked_scheme(address: str) -> str:
    """Return the scheme of what is one address, and nothing that parsers could quarrel over."""
    plain = unquote(unquote(address))
    if not address or len(address) > LONGEST or not address.isascii():
        raise _refused("Enter one Apprise address, for example slack://….")
    if not (address.isprintable() and plain.isprintable()) or re.search(r"[\s\\;]", address):
        raise _refused("Enter one address, without spaces, line breaks or semicolons.")
    authority = re.split(r"[/?#]", address.partition("://")[2])[0]
    if plain.count("://") != 1 or authority.count("@") > 1:
        raise _refused("Enter one Apprise address, and only one.")
    shape = _SHAPE.match(address)
    if shape is None or shape[1] not in SERVICES:
        names = sorted({each.name for each in SERVICES.values()}, key=str.lower)
        raise _refused(f"Only these services are offered: {', '.join(names)}.")
    return shape[1]


def _check_options(address: str) -> None:
    """Refuse any option that is not known; what follows the first ``?`` is options to Apprise."""
    _, _, query = address.partition("?")
    if "?" in query or "#" in query:
        raise _refused("The address has a “?” or “#” among its options.")
    options = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    if unknown := sorted(options - OPTIONS):
        names = [name for name in unknown if _WORD.fullmatch(name)]  # others may be secrets
        raise _refused(f"The option “{names[0] if names else '…'}” is not offered.")


def _by_apprise(service: Service, address: str) -> Any:
    module, _, name = service.plugin.partition(":")
    plugin = getattr(import_module(f"apprise.plugins.{module}"), name)
    try:
        results = plugin.parse_url(address)
        return plugin(**{**results, "asset": asset(), "overflow": "truncate"}) if results else None
    except (AppriseException, TypeError, ValueError):
        return None


def _refused(message: str) -> RuleError:
    return RuleError(message, FIELD)
