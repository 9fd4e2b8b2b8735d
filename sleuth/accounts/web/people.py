"""The settings' tab People."""

from __future__ import annotations

from flask import abort, g, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth.accounts import members
from sleuth.accounts.forms import AddMemberForm, ConfirmForm, RoleForm
from sleuth.accounts.models import Membership
from sleuth.accounts.web.blueprint import SETTINGS, blueprint
from sleuth.dashboard import changes
from sleuth.web import dialog_done, go_to, render_dialog, render_partial_or_page

EVENT = "memberChanged"


@blueprint.get(f"{SETTINGS}/people", endpoint="people")
def list_people() -> ResponseReturnValue:
    """Show the members and their roles."""
    return render_partial_or_page(
        "accounts/_people.html",
        "accounts/people.html",
        last_event=changes.latest(g.organization.id),
        members=members.members_of(g.organization.id),
    )


@blueprint.route(f"{SETTINGS}/people/add", methods=["GET", "POST"])
def add_member() -> ResponseReturnValue:
    """Ask for a person, and make them a member."""
    form = AddMemberForm()
    if form.validate_on_submit():
        with form.explaining():
            member = members.add_member(
                g.organization.id,
                form.email.data,
                form.chosen,
                name=form.name.data,
                password=form.password.data,
            )
            return _done(f"{member.user.name} is a member now.")
    return render_dialog(
        "accounts/dialogs/add_member.html", form.status, title="Add person", form=form
    )


@blueprint.route(f"{SETTINGS}/people/<member_id>/role", methods=["GET", "POST"])
def change_role(member_id: str) -> ResponseReturnValue:
    """Ask for a member's role."""
    member = _member(member_id)
    form = RoleForm(obj=member)
    if form.validate_on_submit():
        with form.explaining():
            members.change_role(g.organization.id, member_id, form.chosen)
            return _done(f"{member.user.name} is {_a(form.chosen)} now.")
    return render_dialog(
        "accounts/dialogs/role.html", form.status, title="Change role", form=form, member=member
    )


@blueprint.route(f"{SETTINGS}/people/<member_id>/remove", methods=["GET", "POST"])
def remove_member(member_id: str) -> ResponseReturnValue:
    """Ask, and then take somebody out of the organization."""
    member, form = _member(member_id), ConfirmForm()
    name, is_oneself = member.user.name, member.user_id == current_user.id
    if form.validate_on_submit():
        with form.explaining():
            members.remove_member(g.organization.id, member_id)
            if is_oneself:
                return go_to(url_for("accounts.home"), message="You left the organization.")
            return _done(f"{name} is no longer a member.")
    return render_dialog(
        "accounts/dialogs/remove_member.html",
        form.status,
        title="Leave the organization" if is_oneself else "Remove member",
        form=form,
        member=member,
        is_oneself=is_oneself,
    )


@blueprint.route(f"{SETTINGS}/people/<member_id>/transfer-ownership", methods=["GET", "POST"])
def transfer_ownership(member_id: str) -> ResponseReturnValue:
    """Ask, and then make another member the owner."""
    member, form = _member(member_id), ConfirmForm()
    if form.validate_on_submit():
        with form.explaining():
            members.transfer_ownership(g.organization.id, member_id)
            return _done(f"{member.user.name} owns the organization now.")
    return render_dialog(
        "accounts/dialogs/transfer_ownership.html",
        form.status,
        title="Transfer ownership",
        form=form,
        member=member,
    )


def _member(member_id: str) -> Membership:
    return members.find_member(g.organization.id, member_id) or abort(404)


def _done(message: str) -> ResponseReturnValue:
    return dialog_done(url_for("accounts.people"), event=EVENT, message=message)


def _a(role: str) -> str:
    return f"an {role}" if role[0] in "ao" else f"a {role}"
