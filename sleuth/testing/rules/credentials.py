"""Credentials: recognized, refused in words, and never told."""

from __future__ import annotations

from sleuth.plugin_api import TokenCheck, TrackerError
from sleuth.testing import faults, words
from sleuth.testing.bench import Bench
from sleuth.testing.reply import Reply
from sleuth.testing.rule import Chapter, NotCheckedError, require
from sleuth.testing.transport import Fault

CHAPTER = Chapter("Credentials")
SHORTEST_SECRET = 6


@CHAPTER.rule(
    "C201",
    "Credentials that work are recognized, and whose they are is said",
    "The card names the account, and a replaced token is compared with it.",
)
def works(bench: Bench) -> None:
    reply = bench.ask(bench.token())
    check = reply.token_check()
    require(check.ok, f"{reply.question} {reply.came} for the sandbox's credentials.")
    if not (check.account_id.strip() and check.account_label.strip()):
        raise reply.broken("an account_id and an account_label")


@CHAPTER.rule(
    "C202",
    "Unknown credentials are refused in words",
    "A wrong token is an answer, ok=False; its message is shown beside the input.",
)
def unknown(bench: Bench) -> None:
    _refused(bench, "unknown")


@CHAPTER.rule(
    "C203",
    "Expired credentials are refused in words",
    "Whoever sees the message has to learn that a new token is needed.",
)
def expired(bench: Bench) -> None:
    _refused(bench, "expired")


@CHAPTER.rule(
    "C204",
    "Credentials with too few scopes are refused, and the scope is named",
    "Otherwise everything looks fine, and the first collection fails.",
)
def under_scoped(bench: Bench) -> None:
    reply = _refused(bench, "under_scoped")
    check: TokenCheck = reply.value
    scopes = {*bench.loaded.info.token_scopes, *check.scopes_missing}
    if not any(scope in check.message for scope in scopes):
        raise reply.broken("a message that names the scope that is missing")


def _refused(bench: Bench, kind: str) -> Reply:
    if kind not in bench.sandbox.refused:
        raise NotCheckedError(f"the sandbox has no {kind} credentials (`refused`)")
    reply = bench.ask(bench.token(bench.sandbox.refused[kind]))
    wanted = "TokenCheck(ok=False, message=…), with a message for people"
    when = f"it is given {kind} credentials"
    if not isinstance(reply.value, TokenCheck) or reply.fault() or reply.value.ok:
        raise reply.broken(wanted, when)
    if flaw := words.flaw(reply.value.message):
        raise reply.broken(f"{wanted}: it {flaw}", when)
    return reply


@CHAPTER.rule(
    "C205",
    "Credentials that stop working are a permanent error of the integration",
    "Tokens are revoked long after they were pasted. The product then asks for a new one, "
    "instead of asking the tracker again and again.",
)
def stopped_working(bench: Bench) -> None:
    given = bench.sandbox.refused["unknown"]
    for question in (bench.projects(given), bench.counts(credentials=given)):
        reply = bench.ask(question)
        wanted = "TrackerError(permanent=True, reason='credentials')"
        error = reply.refusal(wanted, "its credentials are unknown")
        if not (error.permanent and error.reason in {"credentials", "action_required"}):
            raise reply.broken(wanted, "its credentials are unknown")


@CHAPTER.rule(
    "C206",
    "No message, log or output tells a secret",
    "Messages are stored and shown, logs are sent around. The product hides secrets that it "
    "recognizes; a plugin does not rely on it.",
)
def no_secrets(bench: Bench) -> None:
    refused = bench.sandbox.refused.values()
    for credentials in (bench.sandbox.credentials, *refused):
        _tells_nothing(bench, bench.ask(bench.token(credentials)))
        _tells_nothing(bench, bench.ask(bench.projects(credentials)))
        _tells_nothing(bench, bench.ask(bench.counts(credentials=credentials)))
    spoiling: list[Fault] = [faults.telling_secrets(status) for status in (400, 401, 403, 500)]
    for fault in (*spoiling, faults.web_page, faults.hanging_up):
        for question in bench.questions():
            _tells_nothing(bench, bench.ask(question, fault))


def _tells_nothing(bench: Bench, reply: Reply) -> None:
    told = {
        "its message": reply.message,
        "the error it raised": "" if isinstance(reply.error, TrackerError) else str(reply.error),
        "what it printed or logged": reply.output,
        "the account it names": str(getattr(reply.value, "account_label", "")),
    }
    for place, text in told.items():
        for secret in bench.secrets:
            is_told = len(secret) >= SHORTEST_SECRET and secret in text
            hidden = text.replace(secret, "[the secret]").strip()
            require(not is_told, f"{reply.question}: {place} tells a secret: {hidden[:300]}")
