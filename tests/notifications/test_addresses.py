"""Which Apprise addresses are taken, and that the others are refused without being tried."""

from __future__ import annotations

import sys

import pytest

from sleuth.accounts.rules import RuleError
from sleuth.notifications.addresses import parsed_address, service_of

TAKEN = {
    "mailto://joe:pw@gmail.com": "E-mail",
    "mailtos://joe:pw@fastmail.com?to=ops@acme.test,olga@acme.test": "E-mail",
    "mailto://joe:pw@gmail.com:587": "E-mail",
    "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js": "Discord",
    "gchat://workspace/key/token": "Google Chat",
    "mailgun://joe@mg.acme.test/abcdefghi-abcdefgh-abcdefgh/?region=eu": "Mailgun",
    "ntfy://our-topic": "ntfy",
    "ntfys://our-topic?priority=high": "ntfy",
    "opsgenie://a1b2c3d4-a1b2-c3d4-e5f6-a1b2c3d4e5f6/": "Opsgenie",
    "pagerduty://IntegrationKeyXXXXXXXXXXXXXXXXX@ApiKeyXXXXXXXXXXXXXXX": "PagerDuty",
    "pbul://o.gn5kj6nfhv736I7jC3cj3QLRiyhgl98b": "Pushbullet",
    "postmark://apikey:ops@acme.test/olga@acme.test": "Postmark",
    "pover://u12345678901234567890123456789@a12345678901234567890123456789": "Pushover",
    "sendgrid://apikey:ops@acme.test/olga@acme.test": "SendGrid",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general": "Slack",
    "tgram://123456789:abcdefg_hijklmnop/12315544/": "Telegram",
    "wxteams://" + "a" * 80: "Webex",
}

REFUSED = [
    # schemes that reach any host, files, programs, this machine, or other addresses
    "json://127.0.0.1/",
    "jsons://evil.test/",
    "xml://evil.test/",
    "form://evil.test/",
    "apprise://evil.test/token",
    "apprises://evil.test/token",
    "file:///etc/passwd",
    "include://evil.test/config",
    "http://evil.test/",
    "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "https://evil.test/",
    "syslog://",
    "dbus://",
    "windows://",
    "macosx://",
    "gnome://",
    "mqtt://evil.test/topic",
    "rsyslog://evil.test",
    "matrixs://user:pw@evil.test",
    "mmost://evil.test/token",
    "rocket://user:pw@evil.test",
    "gotify://evil.test/token",
    "nctalk://user:pw@evil.test/room",
    "hassio://evil.test/token",
    "workflows://evil.test:443/workflow/signature/",
    "msteams://evil/token/a/b/c",
    "xmpp://user:pw@evil.test",
    "kodi://evil.test",
    "signal://evil.test/1",
    "smpp://user:pw@evil.test/1/2",
    "ses://user@evil.test/key/secret/us-east-1",
    "zulip://bot@evil.test/token",
    "twilio://AC:token@1/2",
    # mail to any server, or in the clear
    "mailto://joe:pw@evil.test",
    "mailtos://joe:pw@evil.test",
    "mailto://joe:pw@localhost",
    "mailto://joe:pw@127.0.0.1",
    "mailtos://joe:pw@[::1]",
    "mailto://joe:pw@gmail.com?smtp=127.0.0.1",
    "mailto://joe:pw@gmail.com/?SMTP=127.0.0.1",
    "mailto://joe:pw@gmail.com?%73mtp=127.0.0.1",
    "mailto://joe:pw@gmail.com/#x?smtp=127.0.0.1",
    "mailto://joe:pw@gmail.com?to=a@b.test?smtp=127.0.0.1",
    "mailto://joe:pw@gmail.com?to=a@b.test;smtp=127.0.0.1",
    "mailto://joe:pw@gmail.com?to=a@b.test#&smtp=127.0.0.1",
    "mailto://joe:pw@gmail.com?smtp=",
    "mailto://joe:pw@gmail.com?smtp",
    "mailto://joe:pw@gmail.com:25",
    "mailto://joe:pw@gmail.com:6379",
    "mailto://joe:pw@gmail.com?port=6379",
    "mailto://joe:pw@gmail.com?mode=insecure",
    "mailto://joe:pw@gmail.com?verify=no",
    "mailto://joe:pw@gmail.com?redirect=yes",
    "mailto://joe:pw@gmail.com?wkd=yes",
    "mailto://joe:pw@gmail.com?pgp=yes",
    "mailto://joe:pw@gmail.com?pgppub=/etc/passwd",
    "mailto://joe:pw@gmail.com?template=/etc/passwd",
    "mailto://joe:pw@gmail.com?+X-Header=1",
    "mailto://joe:pw@gmail.com?user=x&pass=y",
    "mailto://joe:pw@gmail.com?name=a%0d%0aBcc:x@evil.test",
    "mailto://joe:pw@evil.test/x@gmail.com",
    "mailto://joe:pw@gmail.com@evil.test",
    "mailto://joe:pw@evil.test%2f@gmail.com:25",
    "mailto://joe:pw@gmail.com.evil.test",
    "mailto://joe:pw@xgmail.com",
    # named services led elsewhere
    "ntfy://ntfy.sh.evil.test/topic",
    "ntfy://evil.test/topic",
    "ntfys://127.0.0.1/topic",
    "ntfy://localhost:8080/topic",
    "ntfy://evil.test/topic?mode=private",
    "ntfy://our-topic?mode=private",
    "ntfy://our-topic?attach=/etc/passwd",
    "ntfy://our-topic?click=https://evil.test",
    "discord://1/TOKEN?avatar_url=http%3A%2F%2F127.0.0.1",
    "discord://1/TOKEN?template=/etc/passwd",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?template=/etc/passwd",
    # several addresses, or what is none
    "",
    "discord",
    "discord:",
    "discord://",
    "discord:///",
    "slack://",
    "slack://nonsense",
    "tgram://nonsense",
    "discord://1/TOKEN,json://127.0.0.1",
    "discord://1/TOKEN, json://127.0.0.1",
    "discord://1/TOKEN json://127.0.0.1",
    "discord://1/TOKEN\njson://127.0.0.1",
    "discord://1/TOKEN?to=json%3A%2F%2F127.0.0.1",
    "discord://1/TOKEN?to=json%253A%252F%252F127.0.0.1",
    "discord+json://1/TOKEN",
    "DISCORD://1/TOKEN",
    "discord\\://1/TOKEN",
    " discord://1/TOKEN",
    "discord://1/TOKEN\0",
    "discord://1/TOKÉN",
    "discord://1/" + "x" * 2000,
    "{'schema': 'json', 'host': '127.0.0.1'}",
    "urls: json://127.0.0.1",
]


@pytest.mark.parametrize("address", TAKEN)
@pytest.mark.usefixtures("no_sockets")
def test_named_services_and_their_mail_are_taken(address: str) -> None:
    assert service_of(address).name == TAKEN[address]


@pytest.mark.parametrize("address", REFUSED)
@pytest.mark.usefixtures("no_sockets")
def test_anything_else_is_refused_on_its_field(address: str) -> None:
    with pytest.raises(RuleError) as caught:
        service_of(address)
    assert caught.value.field == "address"


def test_a_refusal_never_holds_the_secret_of_an_address() -> None:
    for address in ("mailto://joe:Tr0ub4dor@evil.test", "discord://1/T?Tr0ub4dor=1&x=Tr0ub4dor"):
        with pytest.raises(RuleError) as caught:
            service_of(address)
        for hidden in ("joe", "Tr0ub4dor", "evil"):
            assert hidden not in caught.value.message


def test_an_option_that_is_not_offered_is_named() -> None:
    with pytest.raises(RuleError, match="The option “smtp” is not offered"):
        service_of("mailto://joe:pw@gmail.com?smtp=127.0.0.1")


@pytest.mark.parametrize("address", TAKEN)
def test_what_is_taken_follows_no_redirect_and_checks_certificates(address: str) -> None:
    parsed = parsed_address(address)
    assert (parsed.redirects, parsed.verify_certificate) == (False, True)


def test_no_other_plugin_of_apprise_is_loaded() -> None:
    for address in TAKEN:
        service_of(address)
    loaded = {name for name in sys.modules if name.startswith("apprise.plugins.custom")}
    assert not loaded
