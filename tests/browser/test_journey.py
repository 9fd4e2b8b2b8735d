"""From an empty folder to a verdict on a deploy card, with JavaScript and without.

The steps depend on each other and run in the order in which they stand here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, expect

from plugins.sentry.sandbox import Profile
from plugins.sentry.sandbox.tokens import ALL_SCOPES
from tests.browser.pipeline import run_command
from tests.browser.product import Product
from tests.browser.visitor import Visitor, colour_of

pytestmark = pytest.mark.browser

OWNER = "olga@acme.test"
FIRST_PASSWORD = "a first password"
PASSWORD = "correct horse battery"
TOKEN = "sntryu_ada_full"
UNKNOWN_TOKEN = "sntryu_of_nobody"
HEALTHY = "1111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
UNHEALTHY = "2222222bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
FRESH = "3333333ccccccccccccccccccccccccccccccccc"
READ_MORE = (
    "https://docs.sentry.io/enriching-error-data/environments/"
    "?platform=browser#how-to-send-environment-data"
)


class Journey:
    """The owner's browser, the product, and what one step leaves to the next."""

    def __init__(self, product: Product, owner: Visitor) -> None:
        self.product, self.owner = product, owner
        self.now = datetime.now(UTC)
        self.access_token = ""
        self.command = ""
        self.failed_step = ""

    def minutes_ago(self, minutes: int) -> datetime:
        """Return a moment before the journey began."""
        return self.now - timedelta(minutes=minutes)


@pytest.fixture(scope="module", params=["scripted", "plain"])
def journey(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Journey]:
    """A product that nobody has set up yet, and somebody before it."""
    mode: str = request.param
    with Product(tmp_path_factory.mktemp("journey")) as product:
        owner = Visitor(browser, product.url, name=mode, has_scripts=mode == "scripted")
        journey = Journey(product, owner)
        make_errors_predictable(product, journey)
        yield journey
        owner.close()


def make_errors_predictable(product: Product, journey: Journey) -> None:
    """Five errors a minute; since the second deploy, 40 minutes ago, four times as many.

    That is too late for the look at the first deploy after an hour, and the next one is after
    two.
    """
    steady = Profile(5, late_share=0, is_noisy=False)
    product.sentry.world.add_environment("acme", "web", "production", steady)
    product.sentry.add_incident(
        "acme", "web", "production", journey.minutes_ago(40), minutes=180, factor=4
    )


@pytest.fixture(autouse=True)
def owner(journey: Journey) -> Visitor:
    """The owner's browser, where the step before left it."""
    if journey.failed_step:
        pytest.skip(f"An earlier step failed: {journey.failed_step}")
    return journey.owner


# --- 2: set-up, sign-in, password ---------------------------------------------------------


def test_the_first_visitor_is_led_to_the_set_up_page(owner: Visitor) -> None:
    owner.go("/")
    expect(owner.page.get_by_role("heading", level=1)).to_have_text("Set up Sleuth")
    owner.picture("01-set-up")


def test_only_the_printed_code_sets_up(owner: Visitor, journey: Journey) -> None:
    fill(owner, code="aaaa-bbbb-cccc-dddd")
    owner.page.get_by_role("button", name="Create organization").click()
    expect(owner.page.get_by_role("alert")).to_have_text(re.compile("not the set-up code"))
    owner.picture("02-wrong-code")
    fill(owner, code=journey.product.setup_code)
    owner.page.get_by_role("button", name="Create organization").click()
    expect(owner.page.get_by_text("Sleuth is set up. Welcome!")).to_be_visible()
    owner.picture("03-welcome")


def fill(owner: Visitor, code: str) -> None:
    """Fill in the set-up page; a password is asked for again after an error."""
    entered = {
        "Set-up code": code,
        "Organization": "Acme",
        "Your name": "Olga Owner",
        "E-mail": OWNER,
        "Password": FIRST_PASSWORD,
    }
    for label, text in entered.items():
        owner.page.get_by_label(label).fill(text)


def test_people_sign_out_and_in(owner: Visitor) -> None:
    open_menu(owner, "Olga Owner")
    owner.page.get_by_role("button", name="Sign out").click()
    expect(owner.page.get_by_text("You are signed out.")).to_be_visible()
    owner.page.get_by_label("E-mail").fill(OWNER)
    owner.page.get_by_label("Password").fill("something else")
    owner.page.get_by_role("button", name="Sign in").click()
    expect(owner.page.get_by_role("alert")).to_contain_text("do not belong together")
    owner.picture("04-sign-in")
    owner.sign_in(OWNER, FIRST_PASSWORD)
    expect(owner.page.get_by_role("heading", level=1)).to_have_text("Dashboard")


def test_a_password_is_changed(owner: Visitor) -> None:
    open_menu(owner, "Olga Owner")
    owner.page.get_by_role("link", name="Change password").click()
    owner.page.get_by_label("Current password").fill(FIRST_PASSWORD)
    owner.page.get_by_label("New password").fill(PASSWORD)
    owner.picture("05-password")
    owner.page.get_by_role("button", name="Change password").click()
    expect(owner.page.get_by_text("Your password is changed.")).to_be_visible()


def open_menu(visitor: Visitor, name: str) -> None:
    """Open a menu by the text on its button."""
    visitor.page.locator("summary", has_text=name).click()


# --- 3 and 4: Sentry is connected -----------------------------------------------------------


def sentry_card(visitor: Visitor) -> Locator:
    """Return the card of Sentry on the Integrations page."""
    return visitor.page.get_by_role("region", name="Sentry")


def test_the_dialog_asks_for_the_token_as_the_documentation_shows_it(owner: Visitor) -> None:
    owner.choose("Integrations")
    tab = owner.page.get_by_role("link", name="Error Trackers")
    expect(tab).to_have_attribute("aria-current", "page")
    owner.picture("06-integrations")
    owner.leave_mark()
    dialog = owner.open("enable", within=sentry_card(owner))
    expect(dialog.get_by_role("heading").first).to_contain_text("Your Sentry auth token - generate")
    generate = dialog.get_by_role("link", name="generate")
    expect(generate).to_have_attribute(
        "href", "https://sentry.io/settings/account/api/auth-tokens/"
    )
    expect(dialog.locator("label")).to_have_text("Auth Token*")
    expect(dialog).to_contain_text("Settings > Account Details > API > Auth Token")
    expect(dialog).to_contain_text("Ensure the token has the following scopes:")
    expect(dialog).to_contain_text(", ".join(ALL_SCOPES))
    expect(dialog).to_contain_text("Self-hosted Sentry instances are currently not supported")
    expect(dialog.get_by_role("button", name="Save")).to_be_enabled()
    expect(dialog.get_by_role("link", name="Cancel")).to_be_visible()
    owner.picture("07-enable")


def test_a_wrong_token_keeps_the_dialog_open_and_is_not_shown_again(owner: Visitor) -> None:
    owner.dialog.get_by_label("Auth Token").fill(UNKNOWN_TOKEN)
    owner.press("Save")
    expect(owner.dialog.get_by_role("alert")).to_contain_text("does not know this token")
    expect(owner.dialog.get_by_label("Auth Token")).to_have_value("")
    assert UNKNOWN_TOKEN not in owner.page.content()
    owner.expect_mark()
    owner.picture("08-wrong-token")


def test_a_good_token_connects_sentry_without_a_reload(owner: Visitor) -> None:
    owner.dialog.get_by_label("Auth Token").fill(TOKEN)
    owner.press("Save")
    owner.expect_done("Sentry is connected")
    card = sentry_card(owner)
    expect(card).to_contain_text("Sentry is connected")
    expect(card).to_contain_text("Ada Lovelace")
    expect(card).to_contain_text("full")
    expect(card.get_by_role("link", name="disable")).to_be_visible()
    assert TOKEN not in owner.page.content()
    owner.expect_mark()
    owner.picture("09-connected")


# --- 7: projects, environments, code deployments --------------------------------------------


def create_project(owner: Visitor, name: str) -> None:
    owner.choose("Projects")
    dialog = owner.open("Create project")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Environments").fill("Production, Staging")
    if name == "Web shop":
        owner.picture("10-create-project")
    owner.press("Create")
    owner.expect_done(f"{name} is created")


def test_projects_are_created(owner: Visitor) -> None:
    create_project(owner, "Web shop")
    create_project(owner, "Back office")
    owner.choose("Projects")
    for name in ("Web shop", "Back office"):
        expect(owner.page.get_by_role("main").get_by_role("link", name=name).first).to_be_visible()
    owner.picture("11-projects")


def test_environments_are_added_renamed_and_deleted(owner: Visitor) -> None:
    owner.page.get_by_role("main").get_by_role("link", name="Web shop", exact=True).click()
    owner.page.get_by_role("main").get_by_role("link", name="Environments").first.click()
    owner.leave_mark()
    owner.open("Add environment").get_by_label("Name").fill("Rehearsal")
    owner.press("Add")
    row = owner.page.get_by_role("row").filter(has_text="rehearsal")
    expect(row).to_be_visible()
    owner.open("Rename", within=row).get_by_label("Name").fill("Testing")
    owner.press("Save")
    expect(row).to_contain_text("Testing")
    owner.picture("12-environments")
    owner.open("Delete", within=row)
    owner.picture("13-delete-environment")
    owner.press("Delete environment")
    expect(row).to_have_count(0)
    owner.expect_mark()


def test_a_code_deployment_is_created(owner: Visitor) -> None:
    owner.choose("Code deployments")
    dialog = owner.open("Create code deployment")
    dialog.get_by_label("Name").fill("Web")
    dialog.get_by_label("Project").select_option(label="Web shop")
    owner.picture("14-create-deployment")
    owner.press("Create")
    owner.expect_done("Web is created.")


# --- 5 and 6: impact sources and their counts -------------------------------------------------


def test_add_impact_lists_all_projects(owner: Visitor) -> None:
    owner.choose("Integrations")
    open_menu(owner, "Add impact")
    for name in ("Web shop", "Back office"):
        expect(sentry_card(owner).get_by_role("link", name=name)).to_be_visible()
    owner.picture("15-add-impact")


def test_the_dialog_never_fills_in_the_source_environment(owner: Visitor) -> None:
    owner.leave_mark()
    dialog = owner.open("Web shop", within=sentry_card(owner))
    owner.wait_for(dialog.get_by_role("option", name="Web", exact=True))
    own = dialog.get_by_label(re.compile("^Environment"))
    expect(own.locator("option:checked")).to_have_text("Production")
    source_environment = dialog.get_by_label("Source Environment")
    expect(source_environment).to_have_value("")
    expect(source_environment).to_have_attribute("autocomplete", "off")
    assert source_environment.get_attribute("list") is None
    expect(owner.page.locator("datalist")).to_have_count(0)
    expect(dialog).to_contain_text("Sleuth will not auto-populate the Environment field")
    expect(dialog.get_by_role("link", name="read more")).to_have_attribute("href", READ_MORE)
    owner.picture("16-impact-dialog")


def test_an_environment_that_sentry_has_not_seen_is_saved_and_said(owner: Visitor) -> None:
    enter_source(owner, "Web errors", "prod")
    owner.press("Save")
    owner.expect_done("Sentry has not seen prod yet; did you mean production?")
    owner.expect_mark()
    owner.picture("17-not-seen")


def enter_source(owner: Visitor, name: str, environment: str) -> None:
    """Fill in the dialog for an impact source on Acme's project Web."""
    owner.dialog.get_by_label(re.compile("^Name")).fill(name)
    owner.dialog.get_by_role("combobox", name="Project").select_option(label="Web")
    owner.dialog.get_by_label("Source Environment").fill(environment)


def test_an_impact_source_is_edited_and_its_counts_are_collected(owner: Visitor) -> None:
    go_to_impact(owner)
    owner.leave_mark()
    row = owner.page.get_by_role("row").filter(has_text="Web errors")
    expect(row).to_contain_text("did you mean production?")
    dialog = owner.open("edit", within=row)
    expect(dialog.get_by_role("heading").first).to_have_text(
        "Edit 'Web errors' Error Impact Source"
    )
    owner.picture("18-edit")
    enter_source(owner, "Sentry web", "production")
    owner.press("Save")
    expect(dialog).to_contain_text("All counts collected so far for Web errors")
    owner.picture("18-new-series")
    owner.press("Start a new series")
    owner.expect_done("Sentry web is changed")
    row = owner.page.get_by_role("row").filter(has_text="Sentry web")
    expect(row).to_contain_text("environment production")
    expect(row).not_to_contain_text("did you mean")
    owner.wait_for(row.get_by_text("Counts collected"))
    owner.expect_mark()
    owner.picture("19-counts-collected")


def go_to_impact(visitor: Visitor) -> None:
    """Open the Impact tab of the web shop."""
    visitor.choose("Projects")
    main = visitor.page.get_by_role("main")
    main.get_by_role("link", name="Web shop", exact=True).click()
    tabs = visitor.page.get_by_role("navigation", name="Sections of Web shop")
    tabs.get_by_role("link", name="Impact").click()


def test_a_second_impact_source_is_added_and_deleted(owner: Visitor) -> None:
    owner.open("Add impact source")
    enter_source(owner, "Mistake", "staging")
    owner.press("Save")
    owner.expect_done("Mistake is added")
    row = owner.page.get_by_role("row").filter(has_text="Mistake")
    owner.open("delete", within=row)
    owner.picture("20-delete-source")
    owner.press("Delete")
    owner.expect_done("Mistake is deleted")
    expect(row).to_have_count(0)
    owner.expect_mark()


# --- 7 and 8: deploys and verdicts --------------------------------------------------------------


def test_an_access_token_is_shown_once(owner: Visitor, journey: Journey) -> None:
    owner.choose("Settings")
    owner.page.get_by_role("link", name="Access tokens").click()
    owner.open("Create access token").get_by_label("Name").fill("Pipeline")
    owner.press("Create")
    expect(owner.dialog).to_contain_text("it is not shown again")
    journey.access_token = owner.dialog.locator("code").inner_text()
    owner.picture("21-access-token")
    owner.dialog.get_by_role("link", name="Done").click()
    expect(owner.page.get_by_role("row").filter(has_text="Pipeline")).to_be_visible()
    expect(owner.page.locator("#dialog-body:not(:empty)")).to_have_count(0)
    assert journey.access_token not in owner.page.content()
    owner.page.reload()
    assert journey.access_token not in owner.page.content()


def test_the_page_of_a_code_deployment_shows_a_command(owner: Visitor, journey: Journey) -> None:
    owner.choose("Code deployments")
    owner.page.get_by_role("main").get_by_role("link", name="Web", exact=True).click()
    journey.command = owner.page.locator("pre code").first.inner_text()
    address = f"{journey.product.url}/api/1/deployments/acme/web/register_deploy"
    assert journey.command.startswith(f"curl -X POST {address}")
    owner.picture("22-command")


def test_the_command_registers_a_deploy(owner: Visitor, journey: Journey, tmp_path: Path) -> None:
    owner.choose("Dashboard")
    owner.picture("23-empty-dashboard")
    owner.leave_mark()
    assert register(journey, tmp_path, HEALTHY, journey.minutes_ago(100)) == "Success"
    owner.wait_for(card_of(owner, HEALTHY))
    owner.expect_mark()


def register(
    journey: Journey, folder: Path, revision: str, deployed_at: datetime | None = None
) -> str:
    """Run the command as it stands on the page."""
    return run_command(journey.command, journey.access_token, revision, folder, deployed_at)


def card_of(visitor: Visitor, revision: str) -> Locator:
    """Return the deploy card of a revision."""
    title = visitor.page.get_by_role("heading").filter(has_text=revision[:7])
    return visitor.page.get_by_role("article").filter(has=title)


def test_a_deploy_that_changed_nothing_becomes_healthy(owner: Visitor) -> None:
    card = card_of(owner, HEALTHY)
    owner.wait_for(card.get_by_text("Healthy", exact=True))
    expect(card).to_contain_text("Sentry web")
    expect(card).to_contain_text("avg errors a minute")
    expect(card).to_contain_text("main")
    expect(card).to_contain_text("dora@acme.test")
    owner.expect_mark()


def test_a_deploy_that_broke_something_becomes_unhealthy(
    owner: Visitor, journey: Journey, tmp_path: Path
) -> None:
    assert register(journey, tmp_path, UNHEALTHY, journey.minutes_ago(40)) == "Success"
    card = card_of(owner, UNHEALTHY)
    owner.wait_for(card.get_by_text("Unhealthy", exact=True))
    expect(card).to_contain_text(re.compile(r"\+\s*300"))
    expect(card.locator("svg.spark")).to_be_visible()
    owner.expect_mark()
    owner.picture("24-dashboard")


def test_a_fresh_deploy_is_not_recorded_yet(
    owner: Visitor, journey: Journey, tmp_path: Path
) -> None:
    assert register(journey, tmp_path, FRESH) == "Success"
    owner.wait_for(card_of(owner, FRESH).get_by_text("Not recorded yet").first)
    owner.expect_mark()
    owner.picture("25-not-recorded-yet")


def test_the_logo_on_the_change_source_card_is_green(owner: Visitor) -> None:
    side = owner.page.get_by_role("complementary", name="Change sources")
    expect(side).to_contain_text("Sentry connected")
    red, green, blue = colour_of(side.locator(".tracker-logo-connected"))
    assert green > max(red, blue)


def test_a_deploy_has_a_page_of_its_own(owner: Visitor) -> None:
    card_of(owner, UNHEALTHY).get_by_role("heading").get_by_role("link").click()
    expect(owner.page.get_by_role("heading", level=1)).to_have_text("Deploy")
    expect(owner.page.get_by_role("main")).to_contain_text("Sentry web")
    owner.picture("26-deploy")


# --- 10: who may do what ----------------------------------------------------------------------


class Colleague(NamedTuple):
    """Somebody whom the owner lets in."""

    name: str
    role: str

    @property
    def email(self) -> str:
        return f"{self.name.lower()}@acme.test"


COLLEAGUES = [
    Colleague("Adam", "Administrator"),
    Colleague("Dora", "Developer"),
    Colleague("Otto", "Observer"),
]


def test_the_owner_lets_people_in(owner: Visitor) -> None:
    owner.choose("Settings")
    owner.page.get_by_role("link", name="People").click()
    for colleague in COLLEAGUES:
        dialog = owner.open("Add person")
        dialog.get_by_label("E-mail").fill(colleague.email)
        dialog.get_by_label("Role").select_option(label=colleague.role)
        dialog.get_by_label("Name").fill(colleague.name)
        dialog.get_by_label("First password").fill(PASSWORD)
        owner.press("Add")
        row = owner.page.get_by_role("row").filter(has_text=colleague.email)
        expect(row).to_contain_text(colleague.role)
    owner.picture("27-people")


@pytest.fixture
def colleague(journey: Journey, browser: Browser) -> Iterator[Callable[[str], Visitor]]:
    """Let somebody of the cast sign in with a browser of their own."""
    visitors: list[Visitor] = []

    def enter(name: str) -> Visitor:
        visitor = Visitor(
            browser,
            journey.product.url,
            name=f"{journey.owner.name}-{name.lower()}",
            has_scripts=journey.owner.has_scripts,
        )
        visitors.append(visitor)
        visitor.sign_in(f"{name.lower()}@acme.test", PASSWORD)
        return visitor

    yield enter
    for visitor in visitors:
        visitor.close()


def test_an_observer_sees_everything_and_changes_nothing(
    colleague: Callable[[str], Visitor],
) -> None:
    otto = colleague("Otto")
    expect(card_of(otto, UNHEALTHY)).to_contain_text("Unhealthy")
    for entry in ("Code deployments", "Projects", "Integrations", "Settings"):
        otto.choose(entry)
        buttons = otto.page.get_by_role("main").get_by_role("button")
        search = otto.page.get_by_role("search").get_by_role("button")
        expect(buttons).to_have_count(search.count())
        for word in ("enable", "disable", "Create", "Rename", "Delete", "Add"):
            link = otto.page.get_by_role("main").get_by_role("link", name=word)
            expect(link).to_have_count(0)
    otto.choose("Integrations")
    expect(sentry_card(otto)).to_contain_text("Sentry is connected")
    otto.picture("28-observer")
    otto.go("/o/acme/projects/web-shop/impact/add/sentry", status=403)
    otto.picture("29-forbidden")


def test_a_developer_connects_and_does_not_see_disable(
    colleague: Callable[[str], Visitor],
) -> None:
    dora = colleague("Dora")
    dora.choose("Integrations")
    expect(sentry_card(dora).locator("summary", has_text="Add impact")).to_be_visible()
    expect(sentry_card(dora).get_by_text("disable")).to_have_count(0)
    dora.go("/o/acme/integrations/sentry/disable", status=403)


def test_another_organization_is_not_there(
    journey: Journey, colleague: Callable[[str], Visitor], owner: Visitor
) -> None:
    journey.product.order(
        *("organization", "create", "--organization", "Globex", "--email", "xena@acme.test"),
        password=PASSWORD,
    )
    deploy = re.sub(r".*(/o/acme/deploys/)", r"\1", address_of(owner, UNHEALTHY))
    xena = colleague("Xena")
    for path in ("/o/acme/", "/o/acme/projects/web-shop", "/o/nowhere/", deploy):
        xena.go(path, status=404)
        expect(xena.page.get_by_role("main")).not_to_contain_text(re.compile("Web shop|Sentry web"))
    xena.picture("30-not-found")


def address_of(visitor: Visitor, revision: str) -> str:
    """Return the address of a deploy's page."""
    visitor.choose("Dashboard")
    link = card_of(visitor, revision).get_by_role("heading").get_by_role("link")
    return link.get_attribute("href") or ""


# --- 9: disable -----------------------------------------------------------------------------------


def test_an_administrator_disables_sentry_after_a_warning(
    colleague: Callable[[str], Visitor], owner: Visitor
) -> None:
    owner.choose("Dashboard")
    owner.leave_mark()
    adam = colleague("Adam")
    adam.choose("Integrations")
    adam.leave_mark()
    dialog = adam.open("disable", within=sentry_card(adam))
    expect(dialog).to_contain_text("Its project loses:")
    expect(dialog.get_by_role("listitem")).to_have_text(re.compile("Sentry web of Web shop"))
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    adam.picture("31-disable")
    adam.press("Pause instead")
    adam.expect_done("Sentry is paused")
    dialog = adam.open("disable", within=sentry_card(adam))
    expect(dialog).not_to_contain_text("Pause instead")
    adam.press("Disable Sentry")
    expect(dialog).to_contain_text("Type the name of the organization, ")
    dialog.get_by_label("to confirm").fill("acme")
    adam.press("Disable Sentry")
    adam.expect_done("Sentry is disconnected")
    expect(sentry_card(adam).get_by_role("link", name="enable")).to_be_visible()
    adam.expect_mark()
    adam.picture("32-disabled")


def test_old_deploys_keep_their_words(owner: Visitor) -> None:
    side = owner.page.get_by_role("complementary", name="Change sources")
    owner.wait_for(side.get_by_text("No error tracker connected"))
    for revision, word in ((UNHEALTHY, "Unhealthy"), (HEALTHY, "Healthy")):
        card = card_of(owner, revision)
        expect(card.get_by_text(word, exact=True).first).to_be_visible()
        expect(card).to_contain_text("Sentry web")
        expect(card).to_contain_text("avg errors a minute")
        expect(card).to_contain_text("Sentry, disconnected")
    owner.expect_mark()
    owner.picture("33-dashboard-after-disable")
    go_to_impact(owner)
    expect(owner.page.get_by_role("main")).to_contain_text("No error tracker is connected")
    owner.picture("34-no-tracker")


def offer_to_restore(visitor: Visitor) -> str:
    """Return the words of the link on Sentry's card that takes disabling back."""
    link = sentry_card(visitor).get_by_role("link", name=re.compile("^Restore until"))
    return link.inner_text()


def test_a_token_of_the_same_account_brings_everything_back(owner: Visitor) -> None:
    owner.choose("Integrations")
    owner.leave_mark()
    expect(sentry_card(owner)).to_contain_text("with 1 impact source")
    owner.open(offer_to_restore(owner), within=sentry_card(owner))
    owner.picture("35-restore")
    owner.dialog.get_by_label("Auth Token").fill(UNKNOWN_TOKEN)
    owner.press("Restore")
    owner.wait_for(owner.dialog.get_by_text("Sentry does not know this token"))
    owner.dialog.get_by_label("Auth Token").fill(TOKEN)
    owner.press("Restore")
    owner.expect_done("Sentry is connected again")
    owner.wait_for(sentry_card(owner).get_by_text("1 impact source"))
    owner.expect_mark()
    owner.picture("36-restored")
    owner.choose("Dashboard")
    for revision, word in ((UNHEALTHY, "Unhealthy"), (HEALTHY, "Healthy")):
        card = card_of(owner, revision)
        expect(card.get_by_text(word, exact=True).first).to_be_visible()
        expect(card).not_to_contain_text("disconnected")


def test_what_is_kept_can_be_deleted_at_once(owner: Visitor) -> None:
    owner.choose("Integrations")
    owner.open("disable", within=sentry_card(owner)).get_by_label("to confirm").fill("Acme")
    owner.press("Disable Sentry")
    owner.expect_done("Sentry is disconnected")
    owner.open(offer_to_restore(owner), within=sentry_card(owner))
    owner.open("Delete everything at once", within=owner.dialog)
    owner.picture("37-purge")
    owner.press("Delete for good")
    owner.expect_done("is being deleted")
    expect(sentry_card(owner)).not_to_contain_text("Restore until")
    owner.choose("Dashboard")
    owner.wait_for(card_of(owner, UNHEALTHY).get_by_text("No impact source").first)
    owner.picture("38-purged")


def test_no_secret_was_written_down(journey: Journey) -> None:
    for secret in (TOKEN, UNKNOWN_TOKEN, journey.access_token, PASSWORD):
        assert journey.product.files_containing(secret) == []
