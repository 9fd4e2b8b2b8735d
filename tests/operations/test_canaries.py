"""No secret that anybody enters turns up anywhere it does not belong.

The whole product runs, people enter secrets in right and wrong places, and the tracker
repeats what it is sent. Then everything that was ever written is searched.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from plugins.sentry.sandbox import TOKENS
from plugins.sentry.sandbox.tokens import BY_VALUE
from tests.browser.product import Product
from tests.operations.canaries import (
    Places,
    files_below,
    new_canary,
    queue_log_of,
    queue_of,
    rows_of,
    where,
)
from tests.operations.newcomer import Newcomer

pytestmark = [pytest.mark.queue, pytest.mark.sqlite]

OWNER = "olga@acme.test"
INTEGRATION = "/o/acme/integrations/sentry"
IMPACT = "/o/acme/projects/shop/impact"
SETTINGS = "/o/acme/settings"
SOURCE_NAME = "canary may sing"
JOB = "sleuth.integrations.jobs.check_connection"

SECRETS = (
    "first password",
    "password",
    "password of a member",
    "password entered for an address",
    "password that is wrong",
    "set-up code that is wrong",
    "token that connects",
    "token that replaces",
    "token that is unknown",
    "token that is unknown and cannot replace",
    "token repeated in a refusal",
    "token repeated in a web page",
    "token repeated in an address",
    "token entered for an address",
    "access key that is wrong",
    "token that restores",
    "token that cannot restore",
    "address of a channel",
    "address of a channel that is refused",
    "path of a webhook",
)

ALLOWED = {
    # Where a secret has to be, with nothing left over: (secret, place).
    ("secret key", "file var/secret-key"),
    ("encryption key", "file var/encryption-keys"),
}


@pytest.fixture
def frozen_clock() -> None:
    """Here time goes on, as it does in the product's processes."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What was planted, and everything that was written meanwhile."""

    secrets: dict[str, str]
    places: Places


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    """The product after a busy day, and all that it left."""
    folder = tmp_path_factory.mktemp("canaries")
    secrets = {name: new_canary() for name in SECRETS}
    with pytest.MonkeyPatch.context() as patch:
        for name in ("token that connects", "token that replaces", "token that restores"):
            value = secrets[name]
            patch.setitem(BY_VALUE, value, replace(TOKENS["full"], value=value))
        with Product(folder) as product:
            places = live_through(product, secrets)
    places |= files_below(folder) | rows_of(folder / "var" / "sleuth.sqlite3")
    keys = {"secret key": "secret-key", "encryption key": "encryption-keys"}
    secrets |= {name: (folder / "var" / file).read_text().strip() for name, file in keys.items()}
    return Searched(secrets, places)


def live_through(product: Product, secrets: dict[str, str]) -> Places:
    """Let people and tracker do all they can, and return what can be seen from outside."""
    olga = Newcomer(product.url)
    enter(olga, product, secrets)
    connect(olga, product, secrets)
    measure(olga)
    replace_token(olga, product, secrets)
    let_the_tracker_repeat(olga, product)
    secrets["access key"] = register_deploys(olga, secrets)
    secrets["secret that signs"] = tell_administrators(olga, secrets)
    disable_and_restore(olga, secrets)
    places = olga.walk("/", INTEGRATION + "/audit", INTEGRATION + "/diagnostics")
    places |= {f"command line {pid}": command(pid) for pid in product.children()}
    places |= queue_of(product.data_dir / "queue" / "queue.sock")
    places |= queue_log_of(product.data_dir / "queue")
    places["printed"] = product.printed.encode()
    return places


def command(pid: int) -> bytes:
    """Return the command line and the environment of a process."""
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))


def enter(olga: Newcomer, product: Product, secrets: dict[str, str]) -> None:
    """Set up, sign in, change the password, add somebody; mistakes included."""
    form = {"organization": "Acme", "name": "Olga", "email": OWNER}
    first, second = secrets["first password"], secrets["password"]
    olga.get("/setup")
    olga.post("/setup", **form, code=secrets["set-up code that is wrong"], password=first)
    olga.post("/setup", **form, code=product.setup_code, password=first)
    stranger = Newcomer(product.url)
    stranger.get("/sign-in")
    for email, password in (
        (secrets["password entered for an address"], "olga"),
        (secrets["token entered for an address"] + "@acme.test", "olga"),
        (OWNER, secrets["password that is wrong"]),
    ):
        stranger.post("/sign-in", email=email, password=password)
    olga.get("/account/password")
    changed = olga.post("/account/password", current_password=first, new_password=second)
    assert "Your password is changed." in changed.text
    password = secrets["password of a member"]
    form = {"email": "otto@acme.test", "name": "Otto", "role": "observer", "password": password}
    assert "otto@acme.test" in olga.post(f"{SETTINGS}/people/add", **form).text


def connect(olga: Newcomer, product: Product, secrets: dict[str, str]) -> None:
    """Connect Sentry after being refused in every way."""
    for kind, name in {
        "404": "token that is unknown",
        "echo-401": "token repeated in a refusal",
        "echo-400": "token repeated in a refusal",
        "echo-502": "token repeated in a web page",
        "redirect": "token repeated in an address",
    }.items():
        token = quote(secrets[name], safe="")
        elsewhere = f"{product.sentry.url}/api/0/{token}/?again={token}"
        product.sentry.misbehave(kind, token=secrets[name], location=elsewhere)
        assert "is connected" not in olga.settle(f"{INTEGRATION}/enable", token=secrets[name]).text
        product.sentry.behave()
    olga.settle(f"{INTEGRATION}/enable", token=secrets["token that is unknown"])
    token = secrets["token that connects"]
    assert "is connected" in olga.settle(f"{INTEGRATION}/enable", token=token).text


def measure(olga: Newcomer) -> None:
    """Add an impact source, and wait for its counts."""
    olga.post("/o/acme/projects/new", name="Shop", environments="Production, Staging")
    olga.wait_to_read(f"{IMPACT}/add/sentry", 'value="1001:4501"')
    form = {"name": SOURCE_NAME, "own_environment": "production", "tracker_project": "1001:4501"}
    answer = olga.settle(f"{IMPACT}/add/sentry", **form, tracker_environment="production")
    assert SOURCE_NAME in answer.text


def replace_token(olga: Newcomer, product: Product, secrets: dict[str, str]) -> None:
    """Replace the token after being refused."""
    path = f"{INTEGRATION}/replace-token"
    olga.settle(path, token=secrets["token that is unknown and cannot replace"])
    answer = olga.settle(path, token=secrets["token that replaces"])
    assert "is replaced" in answer.text


def let_the_tracker_repeat(olga: Newcomer, product: Product) -> None:
    """Let every kind of call be answered with the token that it carried."""
    product.sentry.misbehave("echo-400", match="/events")
    olga.post(f"{INTEGRATION}/collect")
    olga.wait_to_read(link_to_source(olga), "[hidden]")
    product.sentry.misbehave("echo-400", match="/projects/")
    olga.post(f"{IMPACT}/tracker-projects/sentry/refresh")
    olga.wait_to_read(f"{IMPACT}/add/sentry", "[hidden]")
    product.sentry.behave()
    product.sentry.misbehave("echo-400")
    olga.post(f"{INTEGRATION}/recheck")
    olga.wait_to_read("/o/acme/integrations/error-trackers", "Re-checked")
    product.sentry.behave()


def link_to_source(olga: Newcomer) -> str:
    """Return the address of the page of the impact source."""
    olga.wait_to_read(IMPACT, SOURCE_NAME)
    found: list[str] = re.findall(rf'href="({IMPACT}/[\w-]{{22}})"', olga.get(IMPACT).text)
    return found[0]


def register_deploys(olga: Newcomer, secrets: dict[str, str]) -> str:
    """Create an access token, use it in every way, and return it."""
    olga.post("/o/acme/code-deployments/new", name="Web", project="shop")
    shown = olga.post(f"{SETTINGS}/access-tokens/create", name="Pipeline", type="ALL").text
    key = re.findall(r"<code>([^<\s]{20,})</code>", shown)[0]
    address = f"{olga.url}/api/1/deployments/acme/web/register_deploy"
    headers = {"Authorization": f"Bearer {key}"}
    answers = [
        requests.post(address, json={"sha": "b450349"}, headers=headers, timeout=20),
        requests.post(address, data={"sha": "b450350", "api_key": key}, timeout=20),
        requests.post(
            address, data={"sha": "1", "api_key": secrets["access key that is wrong"]}, timeout=20
        ),
    ]
    assert [each.status_code for each in answers] == [200, 200, 401]
    return key


def tell_administrators(olga: Newcomer, secrets: dict[str, str]) -> str:
    """Add channels, which nobody answers, and send tests; returns the webhook's secret."""
    page = f"{SETTINGS}/notifications"
    refused, chat, hook = (
        quote(secrets[name], safe="")
        for name in (
            "address of a channel that is refused",
            "address of a channel",
            "path of a webhook",
        )
    )
    olga.get(page)
    for address in (f"json://{refused}@example.test", f"discord://1/{refused}?smtp={refused}"):
        olga.post(f"{page}/add", name="refused", address=address)
    olga.post(f"{page}/add", name="chat", address=f"discord://4174216298/{chat}")
    shown = olga.post(f"{page}/webhook", url=f"https://hooks.sleuth.invalid/{hook}").text
    tests = re.findall(rf'action="({page}/[\w-]+/test)"', olga.get(page).text)
    assert len(tests) == 2
    for test in tests:
        olga.post(test)
    listed = olga.wait_for(olga.get(page), until_gone='http-equiv="refresh"').text
    assert "hooks.sleuth.invalid" in listed
    return re.findall(r"whsec_[\w+/=]+", shown)[0]


def disable_and_restore(olga: Newcomer, secrets: dict[str, str]) -> None:
    """Disable the tracker, and take it back after being refused."""
    olga.get(f"{INTEGRATION}/disable")
    answer = olga.post(f"{INTEGRATION}/disable", organization="Acme")
    assert "is disconnected" in answer.text
    path = f"{INTEGRATION}/restore"
    olga.settle(path, token=secrets["token that cannot restore"])
    answer = olga.settle(path, token=secrets["token that restores"])
    assert "is connected again" in answer.text


def test_no_secret_is_anywhere_but_where_it_has_to_be(searched: Searched) -> None:
    found = {
        (name, place)
        for name, secret in searched.secrets.items()
        for place in where(secret, searched.places)
    }
    assert found == ALLOWED


@pytest.mark.parametrize(
    ("permitted", "kind"),
    [
        (SOURCE_NAME, f"page {IMPACT}"),
        (SOURCE_NAME, f"page {INTEGRATION}/audit"),
        (SOURCE_NAME, f"page {SETTINGS}/audit-log"),
        ("source-1", f"page {INTEGRATION}/diagnostics"),
        (SOURCE_NAME, "file var/sleuth.sqlite3"),
        (SOURCE_NAME, "table audit_entry"),
        (SOURCE_NAME, "table impact_source"),
        (JOB, "queue log"),
        ("events-timeseries/: 400", "file house.log"),
        ("sleuth.serve.worker", "command line"),
        ("Nobody can sign in yet", "printed"),
    ],
)
def test_what_may_be_seen_is_found_by_the_same_search(
    searched: Searched, permitted: str, kind: str
) -> None:
    assert [name for name in where(permitted, searched.places) if name.startswith(kind)]


def test_the_queue_was_looked_into(searched: Searched) -> None:
    keys = [name for name in searched.places if name.startswith("queue rq:")]
    assert keys, sorted(searched.places)


def test_what_the_tracker_repeated_was_shown_without_the_secret(searched: Searched) -> None:
    (page,) = (
        content for name, content in searched.places.items() if name.endswith("/sentry/diagnostics")
    )
    document = json.loads(page.partition(b"\n\n")[2])
    messages = [each["message"] for each in document["checks"] if each["kind"] == "connect"]
    assert any("[hidden]" in message for message in messages)


@pytest.mark.parametrize(
    "leak",
    [
        lambda secret: secret,
        lambda secret: secret[:20],
        lambda secret: secret[9:],
        quote,
        lambda secret: quote(secret, safe=""),
        lambda secret: secret.encode().hex(),
        lambda secret: b64encode(secret.encode()).decode(),
        lambda secret: b64encode(f"user:{secret}".encode()).decode(),
        lambda secret: b64encode(f"a user:{secret}".encode()).decode(),
        lambda secret: json.dumps({"token": secret}),
    ],
)
def test_a_secret_is_found_in_every_form(leak) -> None:
    secret = new_canary()
    places = {"here": f"before {leak(secret)} after".encode(), "there": new_canary().encode()}
    assert where(secret, places) == {"here"}
