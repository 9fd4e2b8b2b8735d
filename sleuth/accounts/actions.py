"""Everything the audit log can say, in words for people."""

from __future__ import annotations

from typing import NamedTuple

OF_INTEGRATIONS: dict[str, str] = {
    # What concerns one integration or its impact sources; such an entry names the provider.
    "connect.check_started": "had a token for {} tried",
    "connect.check_cancelled": "gave up connecting {}",
    "integration.connected": "connected {}",
    "integration.disabled": "disconnected {}",
    "integration.purge_requested": "gave up what could be restored of {}",
    "integration.purged": "deleted for good what {} had left",
    "restore.check_started": "had a token tried to restore {}",
    "restore.check_cancelled": "gave up restoring {}",
    "integration.restored": "restored {}",
    "integration.paused": "paused {}",
    "integration.resumed": "resumed {}",
    "integration.collecting_requested": "asked {} for counts at once",
    "integration.projects_requested": "asked {} for its list of projects",
    "recheck.check_started": "asked {} whether the token works",
    "replace.check_started": "had another token for {} tried",
    "replace.check_cancelled": "left another token for {} unused",
    "integration.token_replaced": "replaced the token of {}",
    "impact_source.check_started": "asked {} whether an impact source can be measured",
    "impact_source.check_cancelled": "gave up asking {} about an impact source",
    "impact_source.added": "added the impact source {}",
    "impact_source.changed": "changed the impact source {}",
    "impact_source.deleted": "deleted the impact source {}",
    "impact_source.judged_again": "had the deploys of 30 days judged by the impact source {}",
    "impact_source.paused": "paused the impact source {}",
    "impact_source.replay_declined": "left earlier deploys without the impact source {}",
    "impact_source.resumed": "resumed the impact source {}",
    "demo.connected": "added the demo's impact sources of {}",
}

OF_EVERYTHING_ELSE: dict[str, str] = {
    "access_token.created": "created the access token {}",
    "access_token.revoked": "revoked the access token {}",
    "code_deployment.created": "created the code deployment {}",
    "code_deployment.deleted": "deleted the code deployment {}",
    "code_deployment.renamed": "renamed a code deployment to {}",
    "demo.began": "let the demo {} begin",
    "deploy.deleted": "deleted the deploy {}",
    "deploy.health_set": "set the health of the deploy {} by hand",
    "deploy.health_set_undone": "took back the health set by hand of the deploy {}",
    "deploy.registered": "registered the deploy {}",
    "encryption_keys.rotated": "encrypted {} with the newest key",
    "environment.created": "created the environment {}",
    "environment.deleted": "deleted the environment {}",
    "environment.made_default": "made {} the default environment",
    "environment.renamed": "renamed an environment to {}",
    "member.added": "added {}",
    "member.removed": "removed {}",
    "member.role_changed": "changed the role of {}",
    "notification_channel.added": "added the notification channel {}",
    "notification_channel.removed": "removed the notification channel {}",
    "notification_channel.secret_renewed": "gave the notification channel {} a new secret",
    "notification_channel.tested": "sent a test to the notification channel {}",
    "organization.created": "created the organization {}",
    "organization.ownership_transferred": "made {} the owner",
    "organization.renamed": "renamed the organization to {}",
    "person.password_changed": "changed the password of {}",
    "person.password_reset": "gave {} a new password",
    "person.signed_in": "signed in as {}",
    "person.signed_out": "signed out as {}",
    "project.created": "created the project {}",
    "project.deleted": "deleted the project {}",
    "project.judged_again": "had the last 30 days' deploys of {} judged again",
    "project.judging_changed": "changed how deploys of {} are judged",
    "project.renamed": "renamed a project to {}",
    "situation.applied": "told the demo's stand-in of {}",
    "situation.begun": "switched on in the demo: {}",
    "situation.ended": "ended in the demo: {}",
    "situation.failed": "could not tell the demo's stand-in of {}",
    "verdict.answered": "answered whether a verdict on the deploy {} was right",
    "verdict.answer_withdrawn": "withdrew the answer about a verdict on the deploy {}",
}

WORDS: dict[str, str] = {**OF_INTEGRATIONS, **OF_EVERYTHING_ELSE}


class Words(NamedTuple):
    """What was done, in three pieces, so that a page can set off the subject."""

    before: str
    subject: str
    after: str


def words_of(action: str, subject: str) -> Words:
    """Say what was done to whom.

    An action that this version does not know, because an older one wrote it, is shown by
    its own name.
    """
    fallback = action.replace(".", " ").replace("_", " ") + ": {}"
    before, _, after = WORDS.get(action, fallback).partition("{}")
    return Words(before, subject, after)


def check(action: str, provider: str | None) -> None:
    """Refuse an action that nobody could read, or find on the page of its integration.

    Raises:
        ValueError: It has no words here, or names no provider though it concerns one.
    """
    if action not in WORDS:
        raise ValueError(f"The action {action} has no words in sleuth/accounts/actions.py.")
    if action in OF_INTEGRATIONS and not provider:
        raise ValueError(f"The action {action} concerns an integration; name its provider.")
