"""What a tracker offers for a field of a dialog: fetched by a job, kept for some minutes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from sleuth import clock, queue
from sleuth.extensions import db, rows_changed, write
from sleuth.integrations.models import ChoiceList, Integration
from sleuth.integrations.trouble import readable_credentials
from sleuth.plugin_api import Choice, ImpactConfig, TrackerError
from sleuth.trackers import current

CHOICES_JOB = "sleuth.integrations.jobs.list_choices"
FRESH = timedelta(minutes=10)
KEPT = timedelta(hours=1)
LEASE = timedelta(seconds=90)
PATIENCE = timedelta(seconds=20)


def find_list(integration_id: int, field_name: str, config: ImpactConfig) -> ChoiceList | None:
    """Return what was listed for a field, or is being listed, with these other choices."""
    return db.session.scalar(
        select(ChoiceList).where(
            ChoiceList.integration_id == integration_id,
            ChoiceList.field_name == field_name,
            ChoiceList.key == _key(config),
        )
    )


def is_fresh(found: ChoiceList, now: datetime) -> bool:
    """Tell whether the tracker has answered, well or badly, a short while ago."""
    return found.answered_at is not None and now - found.answered_at < FRESH


def is_waiting_long(found: ChoiceList, now: datetime) -> bool:
    """Tell whether no worker has taken it up for longer than people wait gladly."""
    return found.claimed_until is None and now - found.asked_at > PATIENCE


def request_list(integration_id: int, field_name: str, config: ImpactConfig) -> None:
    """Have a list fetched, or fetched again; whoever asks at the same moment shares it."""
    try:
        with write():
            list_id = _ask(integration_id, field_name, config)
    except IntegrityError:
        return  # somebody else's question has just been stored, and is as good as this one
    queue.enqueue(CHOICES_JOB, list_id)


def _ask(integration_id: int, field_name: str, config: ImpactConfig) -> int:
    wanted = find_list(integration_id, field_name, config)
    if wanted is None:
        wanted = ChoiceList(
            integration_id=integration_id,
            field_name=field_name,
            key=_key(config),
            config=_as_json(config),
        )
        db.session.add(wanted)
    wanted.asked_at = wanted.due_at = clock.now()
    db.session.flush()
    return wanted.id


def due_list_ids(now: datetime) -> list[int]:
    """Return the lists that nobody is fetching."""
    return list(db.session.scalars(select(ChoiceList.id).where(*_is_claimable(now))))


def list_choices(list_id: int) -> None:
    """Ask the tracker for a list and keep it; an error is kept beside the old list."""
    wanted = _claim(list_id)
    integration = db.session.get(Integration, wanted.integration_id) if wanted else None
    if wanted is None or integration is None:
        return
    tracker = current().get(integration.provider)
    field_name, config = wanted.field_name, ImpactConfig(**wanted.config)
    try:
        credentials = readable_credentials(integration)
    except TrackerError as error:
        _keep(list_id, None, error=error.message)
        return
    db.session.rollback()
    if tracker is None:
        _keep(list_id, credentials, error="This tracker's plugin is no longer installed.")
        return
    try:
        choices = tracker.list_choices(credentials, field_name, config, clock.now())
    except TrackerError as error:
        _keep(list_id, credentials, error=error.message)
    else:
        _keep(list_id, credentials, choices)


def _claim(list_id: int) -> ChoiceList | None:
    now = clock.now()
    with write():
        taken = rows_changed(
            update(ChoiceList)
            .where(ChoiceList.id == list_id, *_is_claimable(now))
            .values(claimed_until=now + LEASE)
        )
    return db.session.get(ChoiceList, list_id) if taken else None


def give_back(list_id: int) -> None:
    """End the lease on a list, in a transaction of its own; it is due again."""
    with write():
        found = db.session.get(ChoiceList, list_id)
        if found is not None:
            found.claimed_until = None


def _keep(
    list_id: int,
    asked: dict[str, str] | None,
    choices: Sequence[Choice] | None = None,
    *,
    error: str = "",
) -> None:
    """Store an answer, unless the token it was given to has been replaced meanwhile.

    Args:
        asked: The credentials that the tracker was asked with; None if nobody was asked.
    """
    with write():
        found = db.session.get(ChoiceList, list_id)
        integration = db.session.get(Integration, found.integration_id) if found else None
        if found is None or integration is None:
            return
        if asked is not None and dict(integration.credentials) != asked:
            return
        if choices is not None:
            found.choices = [[each.value, each.label] for each in choices]
        found.error, found.answered_at = error, clock.now()
        found.due_at = found.claimed_until = None


def forget_lists(integration_id: int) -> None:
    """Erase what a tracker has offered to a token; call inside ``with write():``."""
    db.session.execute(delete(ChoiceList).where(ChoiceList.integration_id == integration_id))


def forget_old(now: datetime) -> None:
    """Erase what was asked for an hour ago: nobody still looks at that dialog."""
    with write():
        db.session.execute(delete(ChoiceList).where(ChoiceList.asked_at <= now - KEPT))


def _is_claimable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    free = or_(ChoiceList.claimed_until.is_(None), ChoiceList.claimed_until <= now)
    return ChoiceList.due_at <= now, free


def _as_json(config: ImpactConfig) -> dict[str, object]:
    return {
        "org_key": config.org_key,
        "project_key": config.project_key,
        "environment": config.environment,
        "attributes": dict(config.attributes),
        "values": dict(config.values),
    }


def _key(config: ImpactConfig) -> str:
    return sha256(json.dumps(_as_json(config), sort_keys=True).encode()).hexdigest()
