"""Getting in and out: set-up, sign-in, sign-out, the password, and the way to the dashboard."""

from __future__ import annotations

import re

from flask import Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from sleuth.accounts import limits, organizations, people, setup_code
from sleuth.accounts import sign_in as door
from sleuth.accounts.forms import PasswordForm, SetUpForm, SignInForm
from sleuth.accounts.models import Organization, User
from sleuth.accounts.rules import RuleError
from sleuth.accounts.web.blueprint import blueprint
from sleuth.web import go_to

WRONG_CODE = "This is not the set-up code; ./run prints it when it starts."
WRONG_PAIR = "This e-mail address and password do not belong together."
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Go to the dashboard of one's organization, or to the choice between several."""
    mine = organizations.organizations_of(current_user.id)
    if len(mine) == 1:
        return redirect(start_url(mine[0]))
    return redirect(url_for("accounts.organizations"))


@blueprint.get("/organizations", endpoint="organizations")
def choose_organization() -> ResponseReturnValue:
    """Show one's organizations."""
    mine = [
        (organization, start_url(organization))
        for organization in organizations.organizations_of(current_user.id)
    ]
    return render_template("accounts/organizations.html", organizations=mine)


@blueprint.route("/setup", methods=["GET", "POST"])
@limits.by_address()
def set_up() -> ResponseReturnValue:
    """Create the first organization and its owner, for whoever knows the code; once."""
    if organizations.is_set_up():
        return go_to(
            url_for("accounts.sign_in"), message=organizations.ALREADY_SET_UP, level="info"
        )
    form = SetUpForm()
    if form.validate_on_submit():
        with form.explaining():
            return _set_up(form)
    return Response(render_template("accounts/set_up.html", form=form), form.status)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limits.by_address()
@limits.by_email()
def sign_in() -> ResponseReturnValue:
    """Ask for e-mail address and password, and go on to where somebody wanted to go."""
    target = local_path(request.args.get("next", "")) or url_for("accounts.home")
    if current_user.is_authenticated:
        return go_to(target)
    form = SignInForm()
    if form.validate_on_submit():
        person = door.sign_in(form.email.data, form.password.data)
        if person is not None:
            begin_session(person)
            return go_to(target)
        form.form_errors.append(WRONG_PAIR)
    return Response(render_template("accounts/sign_in.html", form=form), form.status)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session."""
    door.sign_out(current_user.id)
    logout_user()
    session.clear()
    return go_to(url_for("accounts.sign_in"), message="You are signed out.", level="info")


@blueprint.route("/account/password", methods=["GET", "POST"])
@limits.by_person()
def password() -> ResponseReturnValue:
    """Change one's password; other browsers are signed out."""
    form = PasswordForm()
    if form.validate_on_submit():
        with form.explaining():
            person = people.change_password(
                current_user.id, form.current_password.data, form.new_password.data
            )
            begin_session(person)
            return go_to(
                url_for("accounts.home"),
                message="Your password is changed. Other browsers are signed out.",
            )
    return Response(render_template("accounts/password.html", form=form), form.status)


def begin_session(person: User) -> None:
    """Start a fresh session of 30 days, which every visit prolongs."""
    session.clear()
    session.permanent = True
    login_user(person)


def local_path(target: str) -> str | None:
    """Return ``target`` if it is a path on this site; anything else would lead astray."""
    return target if _LOCAL_PATH.fullmatch(target) else None


def start_url(organization: Organization) -> str:
    """Return where work in an organization starts."""
    return url_for("dashboard.index", organization_slug=organization.slug)


def _set_up(form: SetUpForm) -> ResponseReturnValue:
    if not setup_code.is_right(form.code.data):
        raise RuleError(WRONG_CODE, "code")
    owner = organizations.set_up(
        form.organization.data, form.name.data, form.email.data, form.password.data
    )
    setup_code.forget()
    begin_session(owner)
    return go_to(url_for("accounts.home"), message="Sleuth is set up. Welcome!")
