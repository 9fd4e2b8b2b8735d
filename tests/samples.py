"""What every route can be called with, built on the fixed cast.

Whoever adds a route adds the values of its arguments to ``SAMPLES``, and whoever adds one
that changes something adds a call that succeeds to ``EXAMPLES``. The tests of permissions
and of the audit log walk all routes with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import current_app, url_for
from sqlalchemy import delete

from sleuth import clock
from sleuth.accounts import members, setup_code, tokens
from sleuth.accounts.models import Organization, Role, TokenType, User
from sleuth.deploys import service as deploys
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import register_deploy
from sleuth.extensions import db, write
from sleuth.ids import new_public_id
from sleuth.projects import service as projects
from sleuth.web.assets import asset_url
from tests import message_samples as messages
from tests import tracker_samples as trackers
from tests import verdict_samples as verdicts
from tests.conftest import PASSWORD, PASSWORD_HASH, Cast

Maker = Callable[[Cast], str]


def a_member(cast: Cast) -> str:
    """A further observer of Acme."""
    email = f"{new_public_id()}@acme.test".lower()
    with write():
        user = User(email=email, name="Extra", password_hash=PASSWORD_HASH, created_at=clock.now())
        db.session.add(user)
        db.session.flush()
        member = members.add_membership(cast.acme.id, user, Role.OBSERVER)
    return member.public_id


def an_access_token(cast: Cast) -> str:
    """A further token of Acme."""
    return tokens.create_token(cast.acme.id, "Pipeline", TokenType.ALL).public_id


def a_project(cast: Cast) -> str:
    """A further project of Acme."""
    return projects.create_project(cast.acme.id, new_public_id()).slug


def an_environment(cast: Cast) -> str:
    """A further environment of the project Shop."""
    return projects.create_environment(cast.project.id, new_public_id()).slug


def a_code_deployment(cast: Cast) -> str:
    """A further code deployment of the project Shop."""
    return deploys.create_code_deployment(cast.project.id, new_public_id()).slug


def a_deploy(cast: Cast) -> str:
    """A deploy of a further code deployment."""
    made = deploys.create_code_deployment(cast.project.id, new_public_id())
    return register_deploy(made.id, Registration(revision="b450349"), clock.now()).public_id


SAMPLES: dict[str, Maker] = {
    # Values of route arguments: "argument", or "endpoint:argument" where routes differ. Each
    # call may build something new, and whatever it names belongs to Acme.
    "organization_slug": lambda cast: cast.acme.slug,
    # web
    "asset:digest": lambda _cast: asset_url("app.css").split("/")[2],
    "asset:name": lambda _cast: asset_url("app.css").split("/", 3)[3],
    # accounts
    "member_id": a_member,
    "token_id": an_access_token,
    # projects
    "project_slug": lambda cast: cast.project.slug,
    "projects.delete:project_slug": a_project,
    "environment_slug": lambda _cast: "staging",
    "projects.delete_environment:environment_slug": an_environment,
    # deploys
    "deployment_slug": a_code_deployment,
    "public_id": a_deploy,
    # health
    "replay_id": trackers.a_replay,
    # integrations
    "category": lambda _cast: "error-trackers",
    "provider": lambda _cast: "sentry",
    "integrations.check:public_id": trackers.an_attempt_to_connect,
    "integrations.cancel_check:public_id": trackers.an_attempt_to_connect,
    "integrations.recheck:provider": trackers.a_connected_provider,
    "integrations.collect:provider": trackers.a_connected_provider,
    "integrations.replace_token:provider": trackers.a_connected_provider,
    "integrations.confirm_replacement:provider": trackers.a_connected_provider,
    "integrations.replacement:public_id": trackers.an_attempt_to_replace,
    "integrations.confirm_replacement:public_id": trackers.an_attempt_to_replace,
    "integrations.cancel_replacement:public_id": trackers.an_attempt_to_replace,
    "integrations.restoration:public_id": trackers.an_attempt_to_restore,
    "integrations.cancel_restoration:public_id": trackers.an_attempt_to_restore,
    # impact
    "source_id": trackers.an_impact_source,
    "impact.add:provider": trackers.a_connected_provider,
    "impact.check:provider": trackers.a_connected_provider,
    "impact.check:public_id": trackers.an_attempt_to_measure,
    "impact.cancel_check:public_id": trackers.an_attempt_to_measure,
    "impact.tracker_projects:provider": trackers.a_connected_provider,
    "impact.refresh_tracker_projects:provider": trackers.a_connected_provider,
    "impact.choices:provider": trackers.a_connected_provider,
    "impact.fetch_choices:provider": trackers.a_connected_provider,
    "field_name": lambda _cast: "environment",
    # notifications
    "channel_id": messages.a_channel,
    "notifications.new_secret:channel_id": messages.a_webhook,
    # dashboard
    "dashboard.explanation:public_id": verdicts.a_judged_deploy,
    "dashboard.counts:public_id": verdicts.a_measured_deploy,
    "dashboard.counts:verdict_id": verdicts.a_measured_verdict,
    # verdicts
    "verdicts.answer:public_id": verdicts.a_judged_deploy,
    "verdict_id": verdicts.a_verdict,
}

UNSCOPED = {"organization_slug", "category", "provider", "digest", "name"}
"""Arguments that name nothing of an organization's own."""


@dataclass(frozen=True)
class Example:
    """A call that changes something.

    Args:
        form: What is posted.
        who: The member of the cast who posts it; empty for somebody who is not signed in.
        headers: Of the request, for example a token's.
        prepare: Arranges what has to be there before, beside the samples.
        values: Route arguments that differ from the samples.
    """

    form: Mapping[str, str] | Callable[[Cast], Mapping[str, str]] = field(default_factory=dict)
    who: str = "owner"
    headers: Callable[[Cast], Mapping[str, str]] = lambda _cast: {}
    prepare: Callable[[Cast], object] = lambda _cast: None
    values: Mapping[str, Maker] = field(default_factory=dict)

    def posted(self, cast: Cast) -> Mapping[str, str]:
        """Return what is posted."""
        return self.form(cast) if callable(self.form) else self.form


def nobody_is_there_yet(_cast: Cast) -> None:
    """Turn the database into that of the first visit."""
    with write():
        db.session.execute(delete(Organization))
        db.session.execute(delete(User))
    db.session.expunge_all()


def set_up_form(_cast: Cast) -> Mapping[str, str]:
    """What the first visitor enters."""
    return {
        "code": setup_code.ensure(current_app) or "",
        "organization": "Initech",
        "name": "Peter",
        "email": "peter@initech.test",
        "password": PASSWORD,
    }


def a_key(cast: Cast) -> Mapping[str, str]:
    """The header that opens the API of Acme, used a moment ago."""
    raw = tokens.create_token(cast.acme.id, "Pipeline", TokenType.REGISTER_DEPLOY).raw
    tokens.authenticate_token(raw, cast.acme.slug, set(TokenType))
    return {"Authorization": f"Bearer {raw}"}


EXAMPLES: dict[str, Example] = {
    # accounts
    "accounts.set_up": Example(set_up_form, who="", prepare=nobody_is_there_yet),
    "accounts.sign_in": Example(
        lambda cast: {"email": cast.owner.email, "password": PASSWORD}, who=""
    ),
    "accounts.sign_out": Example(),
    "accounts.password": Example(
        {"current_password": PASSWORD, "new_password": "another horse battery"}
    ),
    "accounts.rename_organization": Example({"name": "Acme & Sons"}),
    "accounts.add_member": Example(
        {"email": "nina@acme.test", "role": "developer", "password": PASSWORD}
    ),
    "accounts.change_role": Example({"role": "administrator"}),
    "accounts.remove_member": Example(),
    "accounts.transfer_ownership": Example(),
    "accounts.create_access_token": Example({"name": "Pipeline", "type": "ALL"}),
    "accounts.revoke_access_token": Example(),
    # projects
    "projects.create": Example({"name": "Warehouse", "environments": "Production"}),
    "projects.rename": Example({"name": "Web shop"}),
    "projects.judging": Example(
        {"sensitivity": "coarse", "failure_boundary": "ailing", "failure_minutes": "5"}
    ),
    "projects.delete": Example(),
    "projects.create_environment": Example({"name": "Testing"}),
    "projects.rename_environment": Example({"name": "Rehearsal"}),
    "projects.make_default": Example(),
    "projects.delete_environment": Example(),
    # deploys
    "deploys.create": Example({"name": "Web", "project": "shop"}),
    "deploys.rename": Example({"name": "Website"}),
    "deploys.delete_deployment": Example(),
    "deploys.delete": Example(),
    "deploys_api.register_deploy": Example({"sha": "b450349"}, who="", headers=a_key),
    # integrations
    "integrations.enable": Example({"token": "sntryu_sample"}, who="developer"),
    "integrations.cancel_check": Example(who="developer"),
    "integrations.disable": Example({"organization": "Acme"}, prepare=trackers.connected),
    "integrations.restore": Example({"token": "sntryu_sample"}, prepare=trackers.disabled),
    "integrations.cancel_restoration": Example(),
    "integrations.purge": Example(prepare=trackers.disabled),
    "integrations.pause": Example(prepare=trackers.connected),
    "integrations.resume": Example(prepare=trackers.paused),
    "integrations.recheck": Example(who="developer"),
    "integrations.collect": Example(who="developer"),
    "integrations.replace_token": Example({"token": "sntryu_sample"}, who="developer"),
    "integrations.confirm_replacement": Example(),
    "integrations.cancel_replacement": Example(who="developer"),
    # impact
    "impact.pause": Example(who="developer"),
    "impact.resume": Example(who="developer", values={"source_id": trackers.a_paused_source}),
    "impact.add": Example(trackers.ENTERED, who="developer"),
    "impact.edit": Example(trackers.ENTERED, who="developer"),
    "impact.delete": Example(who="developer"),
    "impact.cancel_check": Example(who="developer"),
    "impact.refresh_tracker_projects": Example(who="developer"),
    # health
    "health.replay": Example({"choice": "again"}, who="developer"),
    # notifications
    "notifications.add_channel": Example({"name": "Chat", "address": messages.ADDRESS}),
    "notifications.add_webhook": Example({"url": "https://hooks.example.com/sleuth"}),
    "notifications.new_secret": Example(),
    "notifications.send_test": Example(),
    "notifications.remove_channel": Example(),
    # dashboard
    # verdicts
    "verdicts.override": Example({"health": "healthy", "reason": "A bot"}, who="developer"),
    "verdicts.undo_override": Example(
        verdicts.what_stands, who="developer", values={"public_id": verdicts.an_overridden_deploy}
    ),
    "verdicts.answer": Example({"answer": "no", "health": "unhealthy"}, who="developer"),
}

WITHOUT_CHANGES: dict[str, str] = {
    # Endpoints that answer POST, PUT, PATCH or DELETE and change nothing, with the reason.
    "impact.fetch_choices": "what it keeps for some minutes is a copy of the tracker's own list",
}


def url_of(
    endpoint: str, arguments: set[str], cast: Cast, values: Mapping[str, Maker] | None = None
) -> str:
    """Return an address of the endpoint, with a sample for each of its arguments."""
    makers = {
        name: (values or {}).get(name) or SAMPLES.get(f"{endpoint}:{name}") or SAMPLES.get(name)
        for name in arguments
    }
    missing = [name for name, make in makers.items() if make is None]
    assert not missing, f"tests/samples.py needs SAMPLES for {missing} of {endpoint}"
    return url_for(endpoint, **{name: make(cast) for name, make in makers.items() if make})
