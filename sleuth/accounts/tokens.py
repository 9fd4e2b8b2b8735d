"""Access tokens: keys to the API, of which only the hash and the end are kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import contains_eager, joinedload

from sleuth import clock
from sleuth.accounts import audit
from sleuth.accounts.models import AccessToken, Organization, TokenType
from sleuth.accounts.rules import RuleError, checked_name
from sleuth.extensions import db, write, write_if_free
from sleuth.ids import new_public_id

PREFIX = "slt_"
LAST_USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just created.

    Args:
        public_id: Its id in addresses.
        name: What it was called.
        raw: The token itself, to be shown once and forgotten.
    """

    public_id: str
    name: str
    raw: str


def tokens_of(organization_id: int) -> list[AccessToken]:
    """Return the tokens, those that work first, then the newest first."""
    everything = (
        select(AccessToken)
        .options(joinedload(AccessToken.created_by))
        .where(AccessToken.organization_id == organization_id)
        .order_by(AccessToken.revoked_at.is_not(None), AccessToken.id.desc())
    )
    return list(db.session.scalars(everything))


def find_token(organization_id: int, public_id: str) -> AccessToken | None:
    """Return the token with this public id, or None."""
    return db.session.scalar(
        select(AccessToken).where(
            AccessToken.organization_id == organization_id, AccessToken.public_id == public_id
        )
    )


def create_token(
    organization_id: int, name: str, kind: TokenType, created_by_id: int | None = None
) -> NewToken:
    """Create a token.

    Args:
        kind: What it opens.
        created_by_id: Who asked for it; None for the command line.

    Raises:
        RuleError: The name is refused.
    """
    name = checked_name(name)
    new = NewToken(new_public_id(), name, PREFIX + secrets.token_urlsafe(32))
    with write():
        db.session.add(
            AccessToken(
                public_id=new.public_id,
                organization_id=organization_id,
                name=name,
                type=kind,
                token_hash=_digest(new.raw),
                last_four=new.raw[-4:],
                created_by_id=created_by_id,
                created_at=clock.now(),
            )
        )
        audit.record(
            organization_id, "access_token.created", name, type=kind, last_four=new.raw[-4:]
        )
        audit.publish(organization_id, "accessTokenChanged", new.public_id)
    return new


def revoke_token(organization_id: int, public_id: str) -> None:
    """Make a token useless, for good.

    Raises:
        RuleError: There is no such token, or it is revoked.
    """
    with write():
        token = find_token(organization_id, public_id)
        if token is None or token.revoked_at is not None:
            raise RuleError("This token is revoked already.")
        token.revoked_at = clock.now()
        audit.record(organization_id, "access_token.revoked", token.name, last_four=token.last_four)
        audit.publish(organization_id, "accessTokenChanged", public_id)


def authenticate_token(
    raw: str, organization_slug: str, allowed: Collection[TokenType]
) -> AccessToken | None:
    """Return the token that this is, if it works there, and note that it was used.

    The caller puts it into ``g.access_token``, so that the audit log names it.

    Args:
        raw: What the caller of the API sent, as sent.
        organization_slug: The organization it wants to reach.
        allowed: The types of token that open this endpoint.

    Returns:
        None if the token is unknown, revoked, another organization's or of another type.
    """
    token = _working(raw, Organization.slug == organization_slug)
    if token is None or token.type not in allowed:
        return None
    _note_use(token)
    return token


def identify_token(raw: str) -> AccessToken | None:
    """Return the token that this is, whatever it opens, and note that it was used.

    Args:
        raw: What the caller of the API sent, as sent.

    Returns:
        None if the token is unknown or revoked.
    """
    token = _working(raw)
    if token is not None:
        _note_use(token)
    return token


def _working(raw: str, *conditions: ColumnElement[bool]) -> AccessToken | None:
    digest = _digest(raw)
    token = db.session.scalar(
        select(AccessToken)
        .join(AccessToken.organization)
        .options(contains_eager(AccessToken.organization))
        .where(AccessToken.token_hash == digest, *conditions)
    )
    is_right = hmac.compare_digest(token.token_hash if token else "", digest)
    return token if token is not None and is_right and token.revoked_at is None else None


def _note_use(token: AccessToken) -> None:
    now = clock.now()
    seen_at = token.last_used_at
    if seen_at is None or seen_at <= now - LAST_USED_EVERY:
        free = (
            select(AccessToken.id)
            .where(
                AccessToken.id == token.id, AccessToken.last_used_at.is_not_distinct_from(seen_at)
            )
            .with_for_update(skip_locked=True)
        )
        write_if_free(update(AccessToken).where(AccessToken.id.in_(free)).values(last_used_at=now))


def _digest(raw: str) -> str:
    return hashlib.sha256(raw.encode(errors="replace")).hexdigest()
