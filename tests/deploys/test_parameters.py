"""Every parameter of a registration: what is understood, and what is refused in which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sleuth.deploys.parameters import CLOCK_SKEW, READERS, Registration, parse
from sleuth.deploys.values import ParameterError, TooLargeError
from tests.conftest import NOW


def read(**parameters: Any) -> Registration:
    return parse({"sha": "b450349", **parameters}, NOW)


def refusal(**parameters: Any) -> str:
    with pytest.raises(ParameterError) as refused:
        read(**parameters)
    return str(refused.value)


@pytest.mark.parametrize("sha", ["b450349", "  b450349\n", "v1.2.3", "sha-ünï", 1234567])
def test_a_revision_is_any_word(sha: Any) -> None:
    assert read(sha=sha).revision == str(sha).strip()


@pytest.mark.parametrize("sha", [None, "", "  ", "\x00"])
def test_a_revision_must_be_there(sha: Any) -> None:
    assert refusal(sha=sha).startswith("sha is missing")


@pytest.mark.parametrize("sha", ["two words", "two\nlines", True, 1.5, ["a"], {"a": 1}, "x" * 256])
def test_a_revision_that_is_none_is_refused(sha: Any) -> None:
    assert refusal(sha=sha).startswith("sha ")


def test_unknown_parameters_are_ignored() -> None:
    assert read(colour="green", api_key="k") == Registration("b450349")


def test_empty_parameters_are_as_good_as_none() -> None:
    names = ("environment", "date", "branch", "tags", "email", "links", "commits", "files")
    assert read(**dict.fromkeys(names, "")) == Registration("b450349")
    assert read(**dict.fromkeys(names)) == Registration("b450349")


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2026-03-04T11:00:00Z", datetime(2026, 3, 4, 11, tzinfo=UTC)),
        ("2026-03-04T11:00:00", datetime(2026, 3, 4, 11, tzinfo=UTC)),
        ("2026-03-04 11:00", datetime(2026, 3, 4, 11, tzinfo=UTC)),
        ("2026-03-04T12:30:00.25+02:00", datetime(2026, 3, 4, 10, 30, 0, 250000, tzinfo=UTC)),
        ("2026-03-04T11:30:00 02:00", datetime(2026, 3, 4, 9, 30, tzinfo=UTC)),
        ("2026-03-04T11:30:00 0200", datetime(2026, 3, 4, 9, 30, tzinfo=UTC)),
        ("2026-03-03", datetime(2026, 3, 3, tzinfo=UTC)),
        ("20260303T110000Z", datetime(2026, 3, 3, 11, tzinfo=UTC)),
    ],
)
def test_a_date_is_iso_8601_and_utc_without_an_offset(date: str, moment: datetime) -> None:
    assert read(date=date).deployed_at == moment


@pytest.mark.parametrize(
    "date",
    [
        "yesterday",
        "1772625600",
        "04.03.2026",
        "2026-13-01",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        True,
        12.5,
        ["2026-03-04"],
        "\x00",
        "2026-03-04T11:00:00" * 50,
    ],
)
def test_a_date_that_is_none_is_refused(date: Any) -> None:
    assert refusal(date=date).startswith("date must be")


def test_a_date_in_the_future_is_refused() -> None:
    ahead = NOW + CLOCK_SKEW + timedelta(seconds=1)
    assert refusal(date=ahead.isoformat()).startswith("date is in the future: 2026-03-04T12:10:01")


def test_a_clock_a_little_ahead_means_now() -> None:
    assert read(date=(NOW + CLOCK_SKEW).isoformat()).deployed_at == NOW


def test_a_date_before_there_were_pipelines_is_refused() -> None:
    assert refusal(date="1970-01-01T00:00:00Z").startswith("date is too long ago")


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ("#web", ["web"]),
        ("#web,#back-end, #Hot_Fix", ["web", "back-end", "hot_fix"]),
        ("web api", ["web", "api"]),
        (["#web", "api", "#web"], ["web", "api"]),
        ('["#web", "#api"]', ["web", "api"]),
        (" , ,", []),
        ("#größe", ["größe"]),
    ],
)
def test_tags_are_words_in_text_or_a_list(tags: Any, kept: list[str]) -> None:
    assert read(tags=tags).tags == kept


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ("#v1.2", "tags[0]: a tag has letters"),
        (["ok", "a b"], "tags[1]: a tag has letters"),
        (["#"], "tags[0]: a tag has letters"),
        ("x" * 65, "tags[0]: a tag has letters"),
        ([["a"]], "tags[0] must be text."),
        ({"a": 1}, "tags must be a list."),
        (5, "tags must be a list."),
        ("[broken", "tags is not valid JSON."),
    ],
)
def test_tags_that_are_none_are_refused(tags: Any, sentence: str) -> None:
    assert refusal(tags=tags).startswith(sentence)


@pytest.mark.parametrize(
    ("links", "kept"),
    [
        ("build=https://ci.test/1", {"build": "https://ci.test/1"}),
        (
            "build=https://ci.test/1?a=1,b=2\n docs = http://docs.test/x=y ",
            {"build": "https://ci.test/1?a=1,b=2", "docs": "http://docs.test/x=y"},
        ),
        (
            "build=https://ci.test/1,log=https://ci.test/2",
            {"build": "https://ci.test/1", "log": "https://ci.test/2"},
        ),
        ({"The build": "https://ci.test/1"}, {"The build": "https://ci.test/1"}),
        ('{"build": "https://ci.test/1"}', {"build": "https://ci.test/1"}),
        (["build=https://ci.test/1"], {"build": "https://ci.test/1"}),
        ("\n", {}),
        ({}, {}),
    ],
)
def test_links_have_names(links: Any, kept: dict[str, str]) -> None:
    assert read(links=links).links == kept


@pytest.mark.parametrize(
    ("links", "sentence"),
    [
        ("https://ci.test/1", "links[0] must have the form"),
        ("build=javascript:alert(1)", "links.build must be an address"),
        ("a=https://ci.test,b=javascript:alert(1)", "links.b must be an address"),
        ({"build": "data:text/html,x"}, "links.build must be an address"),
        ({"build": "//ci.test"}, "links.build must be an address"),
        ({"build": "https://"}, "links.build must be an address"),
        ({"build": "https://[::1"}, "links.build must be an address"),
        ({"build": "https://a b.test"}, "links.build must be an address"),
        ({"build": "https://ci.test/" + "x" * 2000}, "links.build is longer"),
        ({"build": None}, "links.build must be text."),
        ({"x" * 256: "https://ci.test"}, "links is longer"),
        ([5], "links[0] must have the form"),
        (5, "links must be a list."),
        ('{"broken', "links is not valid JSON."),
        ({"\ud83d": "no"}, "links. must be an address"),
    ],
)
def test_links_that_lead_nowhere_are_refused(links: Any, sentence: str) -> None:
    assert refusal(links=links).startswith(sentence)


@pytest.mark.parametrize("email", ["dora@acme.test", " Dora@Acme.Test ", "d+x@sub.acme.test"])
def test_an_email_address_is_kept(email: str) -> None:
    assert read(email=email).email == email.strip()


@pytest.mark.parametrize(
    "email", ["dora", "dora@", "@acme.test", "d d@acme.test", "a@b", f"{'x' * 245}@acme.test", 5]
)
def test_an_email_address_that_is_none_is_refused(email: Any) -> None:
    assert refusal(email=email) == "email is not an e-mail address."


@pytest.mark.parametrize("yes", ["true", "True", " TRUE ", "1", "yes", "on", True, 1])
def test_ignore_if_duplicate_is_true(yes: Any) -> None:
    assert read(ignore_if_duplicate=yes).ignore_if_duplicate is True


@pytest.mark.parametrize("no", ["false", "0", "no", "off", "", False, 0, None])
def test_ignore_if_duplicate_is_false(no: Any) -> None:
    assert read(ignore_if_duplicate=no).ignore_if_duplicate is False


@pytest.mark.parametrize("rubbish", ["perhaps", 2, [], {}, 1.0])
def test_ignore_if_duplicate_is_nothing_else(rubbish: Any) -> None:
    assert refusal(ignore_if_duplicate=rubbish) == "ignore_if_duplicate must be true or false."


COMMIT = {
    "revision": "b450349",
    "message": "Fix the cart\n\nIt was broken.",
    "author": {"name": "Dora", "email": "dora@acme.test", "username": "dora"},
    "date": "2026-03-04T11:00:00+01:00",
    "files": [{"path": "cart.py", "additions": 3, "deletions": 0}],
    "parents": ["a1b2c3d"],
    "url": "https://git.test/b450349",
}


def test_commits_are_kept_with_what_is_known_of_them() -> None:
    kept = read(commits=[{**COMMIT, "colour": "green"}]).commits
    assert kept == [{**COMMIT, "date": "2026-03-04T10:00:00+00:00"}]


def test_a_form_brings_lists_as_json() -> None:
    wanted = read(
        commits='[{"revision": "a"}]',
        files='[{"path": "a.py"}, "b.py"]',
        pull_requests='[{"number": "7", "title": "Cart"}]',
    )
    assert wanted.commits == [{"revision": "a"}]
    assert wanted.files == [{"path": "a.py"}, {"path": "b.py"}]
    assert wanted.pull_requests == [{"number": 7, "title": "Cart"}]


def test_an_author_may_be_a_name_alone() -> None:
    assert read(commits=[{"revision": "a", "author": "Dora"}]).commits[0]["author"] == {
        "name": "Dora"
    }


def test_a_long_message_is_cut_and_harmful_characters_go() -> None:
    message = "a\x00b\ud800c\u202ed" + "x" * 10_000
    kept = read(commits=[{"revision": "a", "message": message}]).commits[0]["message"]
    assert kept.startswith("abcdx")
    assert len(kept) == 5_000


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"commits": "a commit"}, "commits is not valid JSON."),
        ({"commits": {"revision": "a"}}, "commits must be a list."),
        ({"commits": ["a"]}, "commits[0] must be an object."),
        ({"commits": [{}]}, "commits[0].revision is missing."),
        ({"commits": [{"revision": "a"}, {"revision": 1.5}]}, "commits[1].revision must be text."),
        ({"commits": [{"revision": "a", "date": "x"}]}, "commits[0].date must be a date"),
        ({"commits": [{"revision": "a", "url": "ftp://x"}]}, "commits[0].url must be an address"),
        ({"commits": [{"revision": "a", "author": 5}]}, "commits[0].author must be an object."),
        ({"commits": [{"revision": "a", "parents": "b"}]}, "commits[0].parents is not valid JSON"),
        ({"commits": [{"revision": "a", "files": [7]}]}, "commits[0].files[0] must be an object."),
        ({"files": [{"additions": 1}]}, "files[0].path is missing."),
        ({"files": [{"path": "a", "additions": -1}]}, "files[0].additions must be a whole number"),
        ({"files": [{"path": "a", "additions": True}]}, "files[0].additions must be a whole"),
        ({"files": [{"path": "a", "deletions": 1e9}]}, "files[0].deletions must be a whole number"),
        ({"files": [{"path": "a", "deletions": "1" * 5000}]}, "files[0].deletions must be a"),
        ({"files": [{"path": "a", "url": "javascript:1"}]}, "files[0].url must be an address"),
        ({"pull_requests": [{"state": "open"}]}, "pull_requests[0].title is missing."),
        ({"pull_requests": [None]}, "pull_requests[0] must be an object."),
        ({"commits": "[" * 100_000}, "commits is not valid JSON."),
        ({"environment": ["production"]}, "environment must be text."),
        ({"branch": "x" * 256}, "branch is longer than 255 characters."),
    ],
)
def test_what_is_not_understood_is_named(parameters: dict[str, Any], sentence: str) -> None:
    assert refusal(**parameters).startswith(sentence)


@pytest.mark.parametrize(
    ("name", "item", "most"),
    [
        ("commits", {"revision": "a"}, 1_000),
        ("files", "a.py", 5_000),
        ("pull_requests", {"number": 1}, 500),
        ("tags", "a", 50),
    ],
)
def test_too_many_are_refused_with_their_number(name: str, item: Any, most: int) -> None:
    with pytest.raises(TooLargeError, match=f"{name} has {most + 1} items; at most {most}"):
        read(**{name: [item] * (most + 1)})
    read(**{name: [item] * most})


def test_too_many_links_are_refused() -> None:
    with pytest.raises(TooLargeError, match="links has 21 items"):
        read(links={str(n): "https://ci.test" for n in range(21)})


RUBBISH = [
    None,
    True,
    False,
    0,
    -1,
    2**200,
    1e308,
    float("nan"),
    "",
    " ",
    "\x00",
    "\ud800",
    "'; DROP TABLE deploy; --",
    "{{ 7 * 7 }}",
    "<script>",
    "💥" * 1_000,
    [],
    [None],
    [[[]]],
    {},
    {"": ""},
    {"a": {"b": []}},
    [{"revision": {}, "path": [], "title": None}],
]


@pytest.mark.parametrize("name", [*READERS])
def test_rubbish_is_refused_with_a_sentence_or_kept_clean(name: str) -> None:
    for rubbish in RUBBISH:
        try:
            said, beginning = repr(read(**{name: rubbish})), "Registration"
        except ParameterError as error:
            said, beginning = str(error), name
        assert said.startswith(beginning)
        assert len(said) <= 1_500
        assert "\x00" not in said.encode().decode()
