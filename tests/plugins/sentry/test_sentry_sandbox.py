"""The stand-in itself: what it answers, what it counts, and how it is told to misbehave."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from plugins.sentry.sandbox import KINDS, TOKENS, Profile, Sandbox
from plugins.sentry.sandbox.__main__ import main
from plugins.sentry.sandbox.series import Incident, minute_counts

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
ELEVEN = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)
EVENTS = "/api/0/organizations/acme/events-timeseries/"
STATS = "/api/0/organizations/acme/events-stats/"

Get = Callable[..., requests.Response]


@pytest.fixture
def get(sandbox: Sandbox) -> Get:
    """GET a path with a token by name."""

    def send(path: str, token: str = "full", silo: str = "control", **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {TOKENS[token].value}"} if token else {}
        return requests.get(sandbox.urls[silo] + path, params=params, headers=headers, timeout=5)

    return send


def counted(get: Get, **params: Any) -> list[int]:
    window = {"start": "2026-03-04T11:00:00Z", "end": "2026-03-04T11:10:00Z", "interval": "1m"}
    usual = {"dataset": "errors", "project": "4501", "environment": "production"}
    document = get(EVENTS, **(usual | window | params)).json()
    return [row["value"] for row in document["timeSeries"][0]["values"]]


def test_the_stand_in_shares_nothing_with_the_plugin_it_tests() -> None:
    imported = {
        module.partition(".sandbox")[0] if module.startswith("plugins") else module.split(".")[0]
        for path in (ROOT / "plugins" / "sentry" / "sandbox").glob("*.py")
        if path.name != "contract.py"  # what the kit is told, in the kit's words
        for module in re.findall(r"^\s*(?:from|import) (\S+)", path.read_text(), re.MULTILINE)
    }

    assert imported - sys.stdlib_module_names == {"plugins.sentry"}
    assert "plugins.sentry.client" not in imported


def test_the_docs_name_every_token_and_every_misbehaviour() -> None:
    assert [t.value for t in TOKENS.values() if f"`{t.value}`" not in DOCS] == []
    assert [kind for kind in KINDS if f"`{kind}`" not in DOCS] == []


@pytest.mark.parametrize(
    ("kind", "status"), [("echo-400", 400), ("echo-401", 401), ("echo-502", 502)]
)
def test_a_tracker_that_repeats_what_it_was_sent(sandbox: Sandbox, kind: str, status: int) -> None:
    sandbox.misbehave(kind)
    headers = {"Authorization": "Bearer a/token"}
    answer = requests.get(f"{sandbox.url}/api/0/organizations/", headers=headers, timeout=5)
    assert answer.status_code == status
    assert "a/token a%2Ftoken YS90b2tlbg== 612f746f6b656e" in answer.text


def test_the_first_page_lists_every_token_for_copying(sandbox: Sandbox) -> None:
    page = requests.get(sandbox.url, timeout=5).text

    assert [t.value for t in TOKENS.values() if f"<code>{t.value}</code>" not in page] == []
    assert "service-006" not in page
    assert "Service 006" in page


def test_a_page_that_is_not_there_leads_back(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.url}/nowhere", timeout=5)

    assert answer.status_code == 404
    assert 'href="/"' in answer.text


def test_the_index_answers_anonymous_callers_without_a_scope(get: Get) -> None:
    assert get("/api/0/", token="").json() == {"version": "0", "auth": None, "user": None}


@pytest.mark.parametrize(
    ("authorization", "detail"),
    [
        ("", "Authentication credentials were not provided."),
        ("Basic abc", "Authentication credentials were not provided."),
        ("Bearer a b", "Invalid token header. Token string should not contain spaces."),
        ("Bearer sntryu_x", "Invalid token"),
        ("Bearer sntrys_x", "Invalid org token"),
    ],
)
def test_a_caller_without_a_valid_token_is_told_so(
    sandbox: Sandbox, authorization: str, detail: str
) -> None:
    answer = requests.get(
        f"{sandbox.url}/api/0/organizations/", headers={"Authorization": authorization}, timeout=5
    )

    assert (answer.status_code, answer.json()) == (401, {"detail": detail})
    assert answer.headers["WWW-Authenticate"] == 'xBasic realm="api"'


def test_an_organization_token_may_look_at_itself_only(get: Get) -> None:
    assert get("/api/0/", "organization").json()["auth"] == {"scopes": ["org:ci"]}
    assert get("/api/0/organizations/", "organization").status_code == 403
    assert get("/api/0/users/me/regions/", "organization").status_code == 403


@pytest.mark.parametrize(
    ("path", "silo", "status", "body"),
    [
        ("/api/0", "control", 404, "Route not found, did you forget a trailing slash?"),
        ("/api/0/nothing/", "control", 404, ""),
        ("/api/0/", "us", 404, ""),
        ("/api/0/users/me/regions/", "de", 404, ""),
        ("/api/0/organizations/globex/", "us", 404, "does not exist"),
        ("/api/0/organizations/globex/", "control", 200, "Globex"),
        ("/api/0/organizations/initech/", "us", 403, "permission"),
        ("/api/0/organizations/hooli/", "us", 404, "does not exist"),
        ("/api/0/projects/acme/payroll/", "us", 403, "permission"),
        ("/api/0/projects/acme/none/", "us", 404, "does not exist"),
        ("/api/0/organizations/?per_page=101", "us", 400, "per_page"),
        ("/api/0/organizations/?cursor=x", "us", 400, "cursor"),
        ("/api/0/organizations/acme/environments/?visibility=some", "us", 400, "visibility"),
    ],
)
def test_each_host_answers_what_lives_there(
    get: Get, path: str, silo: str, status: int, body: str
) -> None:
    answer = get(path, silo=silo)

    assert answer.status_code == status
    assert body in answer.text


def test_hidden_environments_are_listed_only_on_request(get: Get) -> None:
    path = "/api/0/projects/acme/web/environments/"

    assert [e["name"] for e in get(path).json()] == ["production", "staging"]
    assert [e["name"] for e in get(path, visibility="hidden").json()] == ["qa-2019"]
    assert {e["name"] for e in get(path, visibility="all").json()} == {
        "production",
        "staging",
        "qa-2019",
    }


def test_the_environments_of_an_organization_can_be_narrowed_to_a_project(get: Get) -> None:
    path = "/api/0/organizations/acme/environments/"

    assert [e["name"] for e in get(path, project="4503").json()] == ["production", "beta"]


@pytest.mark.parametrize(
    ("params", "status", "words"),
    [
        ({"dataset": "spans"}, 400, "dataset=errors"),
        ({"yAxis": "epm()"}, 400, "count()"),
        ({"query": "is:unresolved"}, 400, "cannot parse"),
        ({"project": "-1"}, 400, "multiple projects"),
        ({"project": ["4501", "4502"]}, 400, "multiple projects"),
        ({"project": "4504"}, 403, "permission"),
        ({"environment": "never"}, 404, "does not exist"),
        ({"end": ""}, 400, "both required"),
        ({"start": "2026-03-04T12:00:00Z"}, 400, "before end"),
        ({"start": "yesterday"}, 400, "ISO8601"),
        ({"start": "2025-01-01", "end": "2025-01-02"}, 400, "more recent date range"),
    ],
)
def test_senseless_questions_are_refused(
    get: Get, params: dict[str, Any], status: int, words: str
) -> None:
    window = {"start": "2026-03-04T11:00:00", "end": "2026-03-04T11:10:00+00:00"}
    usual = {"dataset": "errors", "project": "4501", "interval": "1m"}

    answer = get(EVENTS, **(usual | window | params))

    assert answer.status_code == status
    assert words in answer.text


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [("1m", 60), ("5m", 300), ("120", 120), ("1h", 3600), ("10s", 900), ("", 900), ("x", 900)],
)
def test_an_interval_that_makes_no_sense_is_replaced_without_a_word(
    get: Get, interval: str, seconds: int
) -> None:
    window = {"start": "2026-03-04T11:00:00Z", "end": "2026-03-04T12:00:00Z"}
    answer = get(EVENTS, dataset="errors", project="web", interval=interval, **window).json()

    series = answer["timeSeries"][0]
    assert series["meta"]["interval"] == seconds * 1000
    assert series["values"][-1]["value"] == 0


def test_an_interval_too_fine_for_the_range_is_replaced(get: Get) -> None:
    answer = get(
        EVENTS, dataset="errors", project="greenfield", interval="1m", statsPeriod="14d"
    ).json()

    assert answer["timeSeries"][0]["meta"]["interval"] == 3_600_000


def test_without_a_range_the_last_ninety_days_are_counted_by_the_day(get: Get) -> None:
    answer = get(EVENTS, dataset="errors", project="greenfield").json()

    assert answer["timeSeries"][0]["meta"]["interval"] == 86_400_000


def test_wider_intervals_are_the_sum_of_their_minutes(get: Get) -> None:
    assert counted(get, interval="5m") == [
        sum(counted(get)[:5]),
        sum(counted(get)[5:10]),
        0,
    ]


def test_the_older_endpoint_leaves_a_last_partial_bucket_out_unless_asked(get: Get) -> None:
    window = {"start": "2026-03-04T11:00:00Z", "end": "2026-03-04T11:12:00Z", "interval": "5m"}

    rows = get(STATS, project="web", **window).json()["data"]
    partial = get(STATS, project="web", partial="1", **window).json()["data"]

    assert (len(rows), len(partial)) == (2, 3)


def test_the_same_minute_is_the_same_whenever_it_is_asked_for(get: Get, sandbox: Sandbox) -> None:
    before = counted(get)
    sandbox.reset()

    assert counted(get) == before


def test_another_seed_gives_other_counts() -> None:
    def counts(seed: str) -> list[int]:
        return minute_counts(seed, Profile(5), (), 0, 6000, ELEVEN)

    assert counts("1:x") == counts("1:x") != counts("2:x")


@pytest.mark.parametrize("rate", [0.3, 4, 60])
def test_counts_scatter_around_their_average(rate: float) -> None:
    counts = minute_counts("x", Profile(rate), (), 0, 60 * 5000, ELEVEN)

    assert sum(counts) / 5000 == pytest.approx(rate, rel=0.05)


def test_rhythm_and_weekends_show() -> None:
    profile = Profile(10, daily_swing=1, weekend_factor=0, is_noisy=False)
    wednesday, saturday = 6 * 86_400, 2 * 86_400

    day = minute_counts("x", profile, (), wednesday, wednesday + 86_400, ELEVEN)

    assert day[14 * 60] == 20
    assert day[2 * 60] == 0
    assert sum(minute_counts("x", profile, (), saturday, saturday + 86_400, ELEVEN)) == 0


def test_incidents_multiply_and_add_and_end() -> None:
    profile = Profile(4, is_noisy=False)
    incidents = [Incident(60, 2, factor=3), Incident(120, 2, factor=0.5, extra=1)]

    assert minute_counts("x", profile, incidents, 0, 300, ELEVEN) == [4, 12, 7, 3, 4]


def test_an_event_becomes_visible_some_time_after_it_happened() -> None:
    profile, start = Profile(200, late_share=0.1), int(ELEVEN.timestamp())

    seen = [
        minute_counts("x", profile, (), start, start + 60, ELEVEN + timedelta(seconds=seconds))[0]
        for seconds in (0, 30, 120, 600, 1200)
    ]

    assert seen[0] == 0
    assert seen == sorted(set(seen))


def test_an_incident_is_ordered_over_http(get: Get, sandbox: Sandbox) -> None:
    quiet = counted(get)
    incident = {"organization": "acme", "project": "web", "environment": "production"}
    orders = [
        incident | {"start": "2026-03-04T11:00:00", "minutes": 5, "extra": 100},
        incident | {"start": ELEVEN.timestamp() + 300, "minutes": 5, "factor": 0},
    ]

    answer = requests.post(f"{sandbox.url}/__sandbox__/incidents", json=orders, timeout=5)

    assert answer.json() == {"added": 2}
    loud = counted(get)
    assert sum(loud[:5]) > sum(quiet[:5]) + 300
    assert loud[5:] == [0] * 6


def order(sandbox: Sandbox, name: str, body: Any = None) -> requests.Response:
    return requests.post(f"{sandbox.url}/__sandbox__/{name}", json=body or {}, timeout=5)


def test_misbehaviour_is_ordered_counted_and_ended_over_http(get: Get, sandbox: Sandbox) -> None:
    order(sandbox, "misbehave", {"kind": "429", "match": "/api/0/", "times": 1})
    order(sandbox, "misbehave", {"kind": "500", "token": TOKENS["legacy"].value})

    assert [get("/api/0/").status_code for _ in range(2)] == [429, 200]
    assert get("/api/0/", "legacy").status_code == 500
    order(sandbox, "behave")
    assert get("/api/0/", "legacy").status_code == 200


def test_a_token_is_revoked_until_everything_is_reset(get: Get, sandbox: Sandbox) -> None:
    order(sandbox, "revoke", {"token": TOKENS["full"].value})
    assert get("/api/0/").status_code == 401

    order(sandbox, "reset")
    assert get("/api/0/").status_code == 200


def test_an_environment_is_born_over_http(get: Get, sandbox: Sandbox) -> None:
    profile = {"per_minute": 3, "is_noisy": False}
    body = {"organization": "acme", "project": "web", "name": "canary", "profile": profile}

    order(sandbox, "environments", body)

    assert counted(get, environment="canary") == [3] * 10 + [0]


def test_the_requests_seen_can_be_read_over_http(get: Get, sandbox: Sandbox) -> None:
    get("/api/0/organizations/", per_page="5")

    (seen,) = requests.get(f"{sandbox.url}/__sandbox__/requests", timeout=5).json()
    assert seen["path"] == "/api/0/organizations/"
    assert seen["query"] == [["per_page", "5"]]


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("misbehave", {"kind": "sulk"}, "unknown misbehaviour"),
        ("misbehave", {"kind": "429", "mood": "bad"}, "mood"),
        ("dance", {}, "no such order"),
        ("revoke", {}, "token"),
        ("environments", {"organization": "acme", "project": "x", "name": "y"}, "no project"),
        (
            "incidents",
            {
                "organization": "x",
                "project": "y",
                "environment": "z",
                "start": "2026-01-01",
                "minutes": 1,
            },
            "no project",
        ),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(
    sandbox: Sandbox, name: str, body: dict[str, Any], words: str
) -> None:
    answer = order(sandbox, name, body)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_an_order_is_not_given_by_looking(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.url}/__sandbox__/reset", timeout=5).status_code == 400


def test_a_slow_answer_is_the_right_one(get: Get, sandbox: Sandbox) -> None:
    sandbox.misbehave("slow", seconds=0.05)

    assert get("/api/0/").json()["version"] == "0"


def test_a_moved_organization_names_its_new_address(get: Get, sandbox: Sandbox) -> None:
    sandbox.misbehave("moved", times=1)

    answer = get("/api/0/organizations/acme/projects/")

    assert answer.history[0].json()["detail"]["code"] == "resource-moved"
    assert answer.url.endswith("/api/0/organizations/renamed/projects/")


def test_stopping_releases_callers_that_wait() -> None:
    sandbox = Sandbox().start()
    sandbox.misbehave("silence")
    port = int(sandbox.url.rpartition(":")[2])
    with closing(socket.create_connection(("127.0.0.1", port))) as waiting:
        waiting.sendall(b"GET /api/0/ HTTP/1.1\r\nHost: x\r\n\r\n")
        sandbox.stop()
        with suppress(ConnectionResetError):
            assert waiting.recv(1) == b""


def test_a_request_is_printed_only_on_request(capfd: pytest.CaptureFixture[str]) -> None:
    for verbose in (False, True):
        with Sandbox(verbose=verbose) as sandbox:
            requests.get(sandbox.url, timeout=5)

    assert capfd.readouterr().err == 'control "GET / HTTP/1.1" 200 -\n'


@pytest.mark.parametrize(("error", "said"), [(BrokenPipeError(), ""), (KeyError("x"), "KeyError")])
def test_a_client_that_went_away_is_not_reported_and_a_mistake_is(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], error: Exception, said: str
) -> None:
    try:
        raise error
    except type(error):
        sandbox._servers["us"].handle_error(None, ("127.0.0.1", 1))

    reported = capsys.readouterr().err
    assert said in reported
    assert bool(reported) == bool(said)


def test_it_runs_as_a_command_until_it_is_told_to_end(tmp_path: Path) -> None:
    incidents = tmp_path / "incidents.json"
    incidents.write_text("[]")
    command = [sys.executable, "-m", "plugins.sentry.sandbox", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--incidents", str(incidents)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout
        url = re.findall(r"http://[\d.:]+", process.stdout.readline())[0]
        assert requests.get(f"{url}/api/0/", timeout=5).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_a_port_in_use_is_one_sentence(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    port = sandbox.urls["us"].rpartition(":")[2]

    assert main(["--port", str(int(port) - 1)]) == 1 or main(["--port", port]) == 1
    assert "The Sentry sandbox cannot start" in capsys.readouterr().err


def test_a_file_of_incidents_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--incidents", str(tmp_path / "none.json")]) == 1
    assert "none.json" in capsys.readouterr().err
