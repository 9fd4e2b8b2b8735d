"""Every piece of docs/plugins/how-to.md, put into the example plugin, does what the page says."""

from __future__ import annotations

import ast
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sleuth.plugin_api import Choice, ImpactConfig, ImpactWarning, TrackerError
from sleuth.testing.checking import check
from sleuth.testing.finding import find
from sleuth.trackers import Tracker, load
from tests.how_to_sandbox import SANDBOXES, USUAL

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "plugins" / "how-to.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "plugins" / "example" / "__init__.py").read_text(encoding="utf-8")
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = {
    title: text
    for title, text in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    if CODE.search(text)
}
NOW = datetime(2026, 3, 4, 12, 0, 30, tzinfo=UTC)
NOON = NOW.replace(second=0)
MINUTE = timedelta(minutes=1)
TOKEN = {"token": "a-token-0123456789"}
NOT_CONCERNED = "does not implement|answers the latest buckets only"
SHOP = ImpactConfig("", "shop", "production", values={"team": "web"})


class Scripted(ThreadingHTTPServer):
    """Answers each path with what a test put there: status, data, headers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answers: dict[str, Callable[[dict[str, str]], tuple[int, Any, dict[str, str]]]] = {}
        self.asked: list[tuple[str, dict[str, str], str]] = []

    def put(self, path: str, data: Any, status: int = 200, **headers: str) -> None:
        """Answer a path with the same every time."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = lambda _query: (status, data, named)


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.server.asked.append((parts.path, query, self.headers.get("Authorization", "")))
        status, data, headers = self.server.answers[parts.path](query)
        body = json.dumps(data).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(NOW.timestamp())

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as started:
        threading.Thread(target=started.serve_forever, args=(0.01,), daemon=True).start()
        yield started
        started.shutdown()


def with_piece(section: str) -> str:
    """Return the tutorial's plugin after the page was followed, and nothing else done to it."""
    old = ast.parse(EXAMPLE).body
    imports: list[ast.stmt] = []
    added: list[ast.stmt] = []
    for node in ast.parse("\n".join(CODE.findall(SECTIONS[section]))).body:
        if isinstance(node, ast.Expr):
            _add_arguments(old, node.value)
        else:
            (imports if isinstance(node, ast.ImportFrom) else added).append(node)
    sentences = re.findall(r"[^.]*\bgo(?:es)?\.", SECTIONS[section])
    gone = {*re.findall(r"`(_\w+)`", " ".join(sentences)), *map(_name, added)}
    kept = [node for node in old if _name(node) not in gone]
    return ast.unparse(ast.Module([*kept[:2], *imports, *kept[2:], *added], []))


def _add_arguments(old: list[ast.stmt], shown: ast.expr) -> None:
    assert isinstance(shown, ast.Call)
    (rest,) = shown.args
    assert (ast.unparse(shown.func), ast.unparse(rest)) == ("TrackerInfo", "...")
    (call,) = (
        node
        for node in ast.walk(ast.Module(old, []))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "TrackerInfo"
    )
    new = {keyword.arg for keyword in shown.keywords}
    call.keywords = [each for each in call.keywords if each.arg not in new] + shown.keywords


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0])
    return getattr(node, "name", "")


@pytest.fixture
def plugin(tmp_path: Path, server: Scripted) -> Callable[[str], Tracker]:
    """Load the example plugin with the piece of one section in it."""

    def build(section: str) -> Tracker:
        (tmp_path / "how_to.py").write_text(with_piece(section), encoding="utf-8")
        registry = load(
            {
                "SLEUTH_PLUGINS_DIR": str(tmp_path),
                "SLEUTH_DISABLED_PLUGINS": ("example",),
                "SLEUTH_EXAMPLE_URL": server.url,
            }
        )
        assert registry.failures == []
        return registry.trackers["example"]

    return build


Build = Callable[[str], Tracker]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_piece_loads(plugin: Build, section: str) -> None:
    assert plugin(section).notes == ()


@pytest.mark.parametrize("section", SECTIONS)
def test_a_piece_in_the_tutorials_plugin_keeps_every_rule(tmp_path: Path, section: str) -> None:
    (tmp_path / "tutorial.py").write_text(with_piece(section), encoding="utf-8")
    (tmp_path / "_tutorial_sandbox.py").write_text(
        "from tests.how_to_sandbox import USUAL as SANDBOX"
    )
    candidate = find(str(tmp_path / "tutorial.py"), disabled=("example",))
    outcomes = list(check(replace(candidate, sandbox=SANDBOXES.get(section, USUAL))))
    left_out = [each.words for each in outcomes if each.state == "not checked"]
    assert [words for words in left_out if not re.search(NOT_CONCERNED, words)] == []
    assert [(each.rule.number, each.words) for each in outcomes if each.state == "failed"] == []


@pytest.mark.parametrize("section", SECTIONS)
def test_a_piece_leaves_nothing_that_nobody_calls(section: str) -> None:
    source = with_piece(section)
    helpers = re.findall(r"^(?:def )?(_\w+|[A-Z]+)(?:\(| = )", source, re.MULTILINE)
    assert [name for name in helpers if len(re.findall(rf"\b{name}\b", source)) == 1] == []


@pytest.mark.parametrize("section", SECTIONS)
def test_a_piece_takes_no_text_setting_or_field_away(section: str) -> None:
    before, after = (ast.parse(each) for each in (EXAMPLE, with_piece(section)))

    def given(tree: ast.Module) -> set[str | None]:
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
        infos = (call for call in calls if ast.unparse(call.func) == "TrackerInfo")
        return {keyword.arg for call in infos for keyword in call.keywords}

    assert given(before) <= given(after)
    assert '"environment"' in ast.unparse(after).replace("'", '"')


@pytest.mark.parametrize("section", SECTIONS)
def test_a_piece_is_in_the_table_at_the_top_and_has_a_test_of_its_own(section: str) -> None:
    anchor = re.sub(r"[^\w\- ]", "", section).lower().replace(" ", "-")
    assert f"](#{anchor})" in PAGE
    assert Path(__file__).read_text(encoding="utf-8").count(f'"{section}"') == 1


def test_several_credentials_are_sent_together(plugin: Build, server: Scripted) -> None:
    server.put("/projects", [])
    tracker = plugin("Several credentials")
    assert [each.is_secret for each in tracker.info.credential_fields] == [False, True]
    tracker.list_projects({"email": "a@b.test", "key": "secret"}, NOW)
    assert server.asked[0][2] == "Basic YUBiLnRlc3Q6c2VjcmV0"


def test_a_token_is_recognized_by_its_form(plugin: Build) -> None:
    (field,) = plugin("A recognizable token").info.credential_fields
    assert re.fullmatch(field.pattern, field.placeholder)


def test_an_account_is_asked_for_and_then_used(plugin: Build, server: Scripted) -> None:
    server.put("/me", {})
    tracker = plugin("Something asked only at need")
    assert tracker.validate_token(TOKEN, NOW).asks_for == ("account",)
    assert tracker.validate_token({**TOKEN, "account": "acme"}, NOW).account_id == "acme"


def test_missing_scopes_are_named(plugin: Build, server: Scripted) -> None:
    tracker = plugin("Scopes")
    me = {"id": "1", "name": "Ada"}
    server.put("/me", {**me, "scopes": ["errors:read"]})
    check = tracker.validate_token(TOKEN, NOW)
    assert (check.ok, check.scopes_missing) == (True, ("deploys:read",))
    server.put("/me", {**me, "scopes": []})
    check = tracker.validate_token(TOKEN, NOW)
    assert (check.ok, check.message) == (False, "The token lacks the scope errors:read.")


def test_notices_are_declared(plugin: Build) -> None:
    assert plugin("Notices").info.notices == ("Example counts errors of paid plans only.",)


def test_an_address_is_the_operators(plugin: Build, server: Scripted) -> None:
    tracker = plugin("An address of its own")
    assert tracker.settings["url"] == server.url
    assert tracker.info.settings[0].default == "https://api.example.com"


def test_a_region_comes_back_with_the_project(plugin: Build, server: Scripted) -> None:
    server.put("/projects", [{"id": "shop", "name": "Shop", "region": "eu"}])
    tracker = plugin("Regions")
    (project,) = tracker.list_projects(TOKEN, NOW)
    assert f"{project.attributes['region']}.example.com" in tracker.info.hosts


def test_environments_come_with_projects(plugin: Build, server: Scripted) -> None:
    server.put("/projects", [{"id": "shop", "name": "Shop", "environments": ["production"]}])
    (project,) = plugin("Environments that are listed").list_projects(TOKEN, NOW)
    assert project.environments == ("production",)


def test_events_without_an_environment_have_a_box(plugin: Build) -> None:
    fields = plugin("Events without an environment").fields
    assert [field.name for field in fields] == ["project", "environment", "no_environment"]


def test_a_declared_list_is_offered(plugin: Build) -> None:
    fields = plugin("Things to choose from").fields
    assert [each.value for each in fields[2].choices] == ["error", "fatal"]


def test_a_list_depends_on_what_was_chosen(plugin: Build, server: Scripted) -> None:
    server.put("/projects/shop/services", [{"id": "cart", "name": "Cart"}])
    tracker = plugin("Choices that depend on others")
    found = tracker.list_choices(TOKEN, "service", SHOP, NOW)
    assert found == [Choice("cart", "Cart")]
    assert server.asked[0][1] == {"team": "web"}


def test_an_unseen_environment_is_pointed_out(plugin: Build, server: Scripted) -> None:
    server.put("/projects/shop/environments", ["prod", "production-eu"])
    (warning,) = plugin("Odd configurations").check_impact(TOKEN, SHOP, NOW)
    assert warning == ImpactWarning(
        "environment", "Example has not seen the environment production yet.", "production-eu"
    )


def test_hours_are_counted_up_to_the_last_whole_one(plugin: Build, server: Scripted) -> None:
    hours = [NOON - timedelta(hours=2), NOON - timedelta(hours=1), NOON]
    server.put("/projects/shop/hours", [{"hour": each.isoformat(), "errors": 3} for each in hours])
    series = plugin("Counts by the hour").collect_counts(
        TOKEN, SHOP, hours[0], NOON + timedelta(hours=1), NOW
    )
    assert series.points == ((hours[0], 3), (hours[1], 3))
    assert series.complete_until == NOON


def test_the_last_minutes_are_asked_for(plugin: Build, server: Scripted) -> None:
    server.put("/projects/shop/last", [{"minute": (NOON - 2 * MINUTE).isoformat(), "errors": 1}])
    series = plugin("Only the last N").collect_counts(TOKEN, SHOP, NOON - 5 * MINUTE, NOON, NOW)
    assert server.asked[0][1] == {"minutes": "5", "environment": "production"}
    assert (series.complete_since, series.complete_until) == (NOON - 2 * MINUTE, NOON)
    assert series.points == ((NOON - 2 * MINUTE, 1),)


def test_every_page_is_read(plugin: Build, server: Scripted) -> None:
    link = '<https://example.com/projects?cursor=2>; rel="next"; cursor="2"'

    def page(query: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        number = query["cursor"] or "1"
        return 200, [{"id": number, "name": number}], {"Link": link} if number == "1" else {}

    server.answers["/projects"] = page
    assert [each.key for each in plugin("Pages").list_projects(TOKEN, NOW)] == ["1", "2"]
    assert len(server.asked) == 2


def test_what_is_left_of_a_limit_is_told(plugin: Build, server: Scripted) -> None:
    tracker = plugin("Limits")
    good = {"minutes": [], "complete_until": NOON.isoformat()}
    server.put("/projects/shop/errors", good, X_RateLimit_Remaining="7")
    assert tracker.collect_counts(TOKEN, SHOP, NOON - MINUTE, NOON, NOW).quota_left == 7
    server.put("/projects/shop/errors", {}, 429, Retry_After="30")
    with pytest.raises(TrackerError) as caught:
        tracker.collect_counts(TOKEN, SHOP, NOON - MINUTE, NOON, NOW)
    assert (caught.value.reason, caught.value.retry_after) == ("rate_limited", 30)


def test_a_403_is_told_from_another(plugin: Build, server: Scripted) -> None:
    tracker = plugin("A 403 that means a limit")
    reasons = []
    for headers in ({"X_RateLimit_Remaining": "0"}, {}):
        server.put("/projects", {}, 403, **headers)
        with pytest.raises(TrackerError) as caught:
            tracker.list_projects(TOKEN, NOW)
        reasons.append((caught.value.reason, caught.value.permanent))
    assert reasons == [("rate_limited", False), ("forbidden", True)]


def test_a_logo_is_harmless(plugin: Build) -> None:
    assert "M12 2 2 22h20z" in plugin("A logo").info.logo


def test_a_window_has_a_page(plugin: Build) -> None:
    address = plugin("A page for a window").explore_url(SHOP, NOON - MINUTE, NOON)
    assert address.startswith("https://example.com/shop/errors?from=2026-03-04T11%3A59")


def test_new_errors_come_most_frequent_first(plugin: Build, server: Scripted) -> None:
    rows = [
        {"title": title, "url": "https://example.com/1", "first_seen": NOON.isoformat(), "count": n}
        for title, n in (("KeyError", 1), ("ValueError", 9))
    ]
    server.put("/projects/shop/issues", rows)
    found = plugin("New errors").new_errors(TOKEN, SHOP, NOON, NOON + MINUTE, NOW)
    assert [each.title for each in found] == ["ValueError", "KeyError"]


def test_deploys_of_the_window_are_listed(plugin: Build, server: Scripted) -> None:
    rows = [{"sha": f"a{n}", "at": (NOON + n * MINUTE).isoformat()} for n in (3, 1, 0)]
    server.put("/projects/shop/deploys", rows)
    found = plugin("Deploys it knows").list_deploys(TOKEN, SHOP, NOON, NOON + 2 * MINUTE, NOW)
    assert [each.revision for each in found] == ["a0", "a1"]
