"""What many tabs ask for at once is read once, and drawn for each reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import count
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, g, template_rendered
from flask.testing import FlaskClient
from jinja2 import nodes
from sqlalchemy import inspect
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.orm import InstanceState

from sleuth.accounts import audit
from sleuth.accounts.models import Role
from sleuth.dashboard import cards, service, shared
from sleuth.dashboard.filters import Asked
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.models import EnvironmentHealth, Verdict
from tests.conftest import NOW, Cast, _person
from tests.dashboard import seed
from tests.dashboard.conftest import HTMX, titles, words

BOARD = "/o/acme/"
BY_ITSELF = {**HTMX, "HX-Target": "deploys"}

NO = {"answer": "no", "health": "unhealthy"}
OF_THE_READER = {
    *("current_user", "csrf_token", "request", "session", "g", "htmx"),
    *("get_flashed_messages", "attention_count", "navigation", "nav_projects", "config"),
}
"""What differs from reader to reader, or from one request to another, beside rights."""

Ask = Callable[[str], str]


@pytest.fixture(autouse=True)
def wait(app: Flask) -> Callable[[float], None]:
    """Let seconds pass for what is kept."""
    seconds = [0.0]
    shared.init_app(app, timer=lambda: seconds[0])

    def pass_by(more: float) -> None:
        seconds[0] += more

    return pass_by


@pytest.fixture
def deploy(shop) -> Deploy:
    with write():
        return seed.add_deploy(shop.web, revision="before")


@pytest.fixture
def colleague(cast: Cast, sign_in) -> FlaskClient:
    """A browser of somebody with the same rights as the one who asks."""
    with write():
        cast.developer = _person("Dirk", db.session.merge(cast.acme), Role.DEVELOPER)
    return sign_in("developer")


@pytest.fixture
def asked_about(deploy, shop, sentry) -> Verdict:
    """A verdict of which people are asked whether it was right."""
    with write():
        source = seed.add_source(sentry, shop.production, "Errors")
        return seed.add_verdict(deploy, source, "unhealthy")


@pytest.fixture
def ask(visitor: FlaskClient) -> Ask:
    """Ask as a part of a page does that draws itself again."""
    return lambda path: visitor.get(path, headers=BY_ITSELF).text


def rename(deploy: Deploy) -> None:
    """Change a deploy, of which nobody is told."""
    with write():
        db.session.add(deploy)
        deploy.revision = "after"


def card_of(deploy: Deploy) -> str:
    return f"/o/acme/deploys/{deploy.public_id}/card"


@pytest.mark.parametrize("path_of", [lambda _: BOARD, card_of])
def test_what_was_read_a_moment_ago_is_not_read_again(ask, counting, deploy, path_of) -> None:
    path = path_of(deploy)
    first = ask(path)
    with counting() as statements:
        assert ask(path) == first
    assert sum(each.startswith("SELECT") for each in statements) == 1  # who asks


@pytest.mark.parametrize("path_of", [lambda _: BOARD, card_of])
def test_after_a_change_that_was_told_it_is_read_again(ask, cast, deploy, path_of) -> None:
    path = path_of(deploy)
    ask(path)
    rename(deploy)
    with write():
        audit.publish(cast.acme.id, "deployChanged", deploy.public_id)
    assert titles(ask(path)) == ["after"]


@pytest.mark.parametrize("path_of", [lambda _: BOARD, card_of])
def test_after_a_second_it_is_read_again(ask, wait, deploy, path_of) -> None:
    path = path_of(deploy)
    ask(path)
    rename(deploy)
    wait(0.9)
    assert titles(ask(path)) == ["before"]
    wait(0.1)
    assert titles(ask(path)) == ["after"]


def test_what_expires_while_it_is_looked_up_is_read_again(app, ask, deploy) -> None:
    seconds = count(0.0, 0.3)
    shared.init_app(app, timer=lambda: next(seconds))
    for _ in range(5):
        assert titles(ask(card_of(deploy))) == ["before"]


def test_who_asks_while_somebody_reads_waits_for_that(app: Flask) -> None:
    begun, may_end = Event(), Event()
    heard: list[str] = []

    def slowly() -> str:
        begun.set()
        may_end.wait(30)
        return "read once"

    def ask(read: Callable[[], str]) -> None:
        with app.test_request_context("/here"):
            g.organization, g.last_event = SimpleNamespace(id=1), 7
            heard.append(shared.read_once(read).found)

    first = Thread(target=ask, args=(slowly,))
    second = Thread(target=ask, args=(lambda: "read twice",))
    first.start()
    assert begun.wait(30)
    second.start()
    waiting = app.extensions[shared.EXTENSION].cache_condition._waiters
    while second.is_alive() and not waiting:
        pass
    may_end.set()
    for each in (first, second):
        each.join()
    assert heard == ["read once", "read once"]


def test_what_failed_is_read_again_by_who_asks_next(app: Flask) -> None:
    with app.test_request_context("/here"):
        g.organization, g.last_event = SimpleNamespace(id=1), 7
        with pytest.raises(ZeroDivisionError):
            shared.read_once(lambda: 1 / 0)
        assert shared.read_once(lambda: "read").found == "read"


def test_a_page_that_is_opened_is_read_afresh(ask, visitor, deploy) -> None:
    ask(BOARD)
    rename(deploy)
    assert titles(visitor.get(BOARD).text) == ["after"]


def test_what_another_address_asks_for_is_not_mistaken_for_it(ask, deploy) -> None:
    ask(BOARD)
    assert titles(ask(f"{BOARD}?q=nothing")) == []


def test_what_was_drawn_is_drawn_again_for_nobody_to_whom_it_looks_the_same(
    app, ask, colleague, deploy
) -> None:
    path, drawn = card_of(deploy), []
    with template_rendered.connected_to(lambda *_, **__: drawn.append(1), app):
        assert ask(path) == colleague.get(path, headers=BY_ITSELF).text
    assert drawn == [1]


def test_that_an_environment_is_looked_at_is_noted_by_who_reads_it(
    ask, counting, shop, sentry, deploy
) -> None:
    with write():
        source = seed.add_source(sentry, shop.production, "Errors")
        db.session.add(EnvironmentHealth(environment_id=source.environment_id))
    with counting() as statements:
        for _ in range(3):
            ask(BOARD)
    assert sum(each.startswith("UPDATE") for each in statements) == 1


def test_each_reader_is_shown_what_they_may_do(ask, sign_in, deploy) -> None:
    assert "Set the health by hand" in words(ask(card_of(deploy)))
    observer = sign_in("observer")
    assert "Set the health by hand" not in words(observer.get(card_of(deploy), headers=HTMX).text)


def test_another_organization_is_shown_nothing_of_it(ask, sign_in, cast: Cast, deploy) -> None:
    ask(card_of(deploy))
    path = card_of(deploy).replace("acme", "globex")
    assert sign_in("outsider").get(path, headers=HTMX).status_code == 404


def test_each_reader_is_shown_their_own_answers(ask, visitor, colleague, asked_about) -> None:
    path, answer = card_of(asked_about.deploy), f"{asked_about.public_id}/answer"
    visitor.post(f"/o/acme/deploys/{asked_about.deploy.public_id}/verdicts/{answer}", data=NO)
    assert "What was it?" in words(ask(path))
    others = words(colleague.get(path, headers=BY_ITSELF).text)
    assert "Was this right?" in others
    assert "What was it?" not in others


def test_each_reader_sends_a_token_of_their_own(app, visitor, colleague, asked_about) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    path, answers = card_of(asked_about.deploy), []
    form_of = {each: each.get(path, headers=BY_ITSELF).text for each in (visitor, colleague)}
    for reader, text in form_of.items():
        form = text.partition('class="was-right"')[2]
        fields = dict(re.findall(r'name="(csrf_token|health)" value="([^"]+)"', form))
        url = re.search(r'action="([^"]+)"', form)
        assert url
        answers.append(reader.post(url[1], data={**fields, "answer": "yes"}).status_code)
    assert answers == [303, 303]


def test_what_is_drawn_for_several_looks_at_no_more_of_the_reader(app: Flask) -> None:
    """Rights and answers tell them apart, and the token is put in where nothing is imported."""
    own, imported = _looked_at(app, {"dashboard/_board.html", "dashboard/_deploy_card.html"})
    of_answers = own.pop("dashboard/_was_this_right.html")
    assert of_answers & OF_THE_READER == {"current_user", "csrf_token"}
    assert {"csrf_token"} == {name for names in own.values() for name in names & OF_THE_READER}
    assert len(imported) > 20
    assert {name: names & OF_THE_READER for name, names in imported.items()} == {
        name: set() for name in imported
    }


def _looked_at(app: Flask, names: set[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return what templates look at with all that they include, and what the macros they import."""
    own: dict[str, set[str]] = {}
    imported: dict[str, set[str]] = {}
    while names := names - own.keys():
        name = names.pop()
        parsed = _parsed(app, name)
        own[name] = _names(parsed)
        names |= {_constant(each) for each in parsed.find_all(nodes.Include)}
        for each in parsed.find_all(nodes.FromImport):
            imported |= _of_macros(app, _constant(each), {str(one) for one in each.names})
    return own, imported


def _of_macros(app: Flask, name: str, wanted: set[str]) -> dict[str, set[str]]:
    """Return what macros of a template look at, and those that they call."""
    parsed, found = _parsed(app, name), {}
    macros = {each.name: _names(each) for each in parsed.find_all(nodes.Macro)}
    while wanted:
        macro = wanted.pop()
        found[f"{name}: {macro}"] = macros[macro]
        wanted |= {each for each in macros[macro] & macros.keys() if f"{name}: {each}" not in found}
    for each in parsed.find_all(nodes.FromImport):
        found |= _of_macros(app, _constant(each), {str(one) for one in each.names})
    return found


def _parsed(app: Flask, name: str) -> nodes.Template:
    assert app.jinja_env.loader
    return app.jinja_env.parse(app.jinja_env.loader.get_source(app.jinja_env, name)[0])


def _names(node: nodes.Node) -> set[str]:
    """Return the names that are looked at; the organization is the same for all who share."""
    fine = {id(each.node) for each in node.find_all(nodes.Getattr) if each.attr == "organization"}
    found = (each for each in node.find_all(nodes.Name) if id(each) not in fine)
    return {each.name for each in found if each.ctx == "load"}


def _constant(each: nodes.Include | nodes.FromImport) -> str:
    assert isinstance(each.template, nodes.Const)
    return str(each.template.value)


def _within(value: Any) -> Iterator[Any]:
    """Return a value and all that it holds."""
    yield value
    if is_dataclass(value):
        value = [getattr(value, each.name) for each in fields(value)]
    elif isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _within(each)


def _is_of_the_database(value: Any) -> bool:
    try:
        return isinstance(inspect(value), InstanceState)
    except NoInspectionAvailable:
        return False


def test_nothing_that_is_shared_belongs_to_a_session(app: Flask, cast: Cast, story) -> None:
    asked = Asked.from_query({"project": cast.project.slug, "range": "90d"}, NOW)
    board = service.read_board(cast.acme.id, asked, None, NOW)
    card = cards.read_card(cast.acme.id, board.cards[0].public_id)
    held = list(_within((board, card)))
    assert len(held) > 1000
    assert [each for each in held if _is_of_the_database(each)] == []
