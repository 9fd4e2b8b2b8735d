"""Episodes in which something needs attention: found from rows, told once, closed by themselves.

What opens one is what the page Needs attention shows. An integration that does not work as a
whole is one subject, and its impact sources are not told of on their own. Otherwise each
impact source is one; what is told at the same time is told in one message.

An episode ends when recovery has lasted. What fails again before that continues it, without
a message either way, so that the last message is always true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import or_, select

from sleuth import clock
from sleuth.disabling import SEES_DISABLED
from sleuth.extensions import db, write
from sleuth.impact import states, tallying
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import sources_of_integration
from sleuth.impact.states import State
from sleuth.integrations import trouble
from sleuth.integrations.models import Integration
from sleuth.notifications import deliveries, messages
from sleuth.notifications.messages import About, Message
from sleuth.notifications.models import Notice
from sleuth.trackers import name_of

SETTLE = timedelta(minutes=2)
"""What fails together is found within this, and so is what catches up after a recovery."""

STEADY = timedelta(minutes=5)
"""How long something has to work before anybody is told that it does."""

FAILS_AS_A_WHOLE = timedelta(minutes=10)
"""Shorter than the patience with sources, so that an outage is never told of source by source."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about the episodes of one integration.

    Args:
        opens_whole: The integration as a whole begins to need attention.
        opens: So do these sources.
        resumes: Failed again before recovery had lasted.
        recovers: Begin to work again.
        drops: Need not be told of any more: paused or disabled, or over before anybody was told.
        tells: Are to be told of now.
        ends: Have worked for long enough.
    """

    opens_whole: bool = False
    opens: Sequence[ImpactSource] = ()
    resumes: Sequence[Notice] = ()
    recovers: Sequence[Notice] = ()
    drops: Sequence[Notice] = ()
    tells: Sequence[Notice] = ()
    ends: Sequence[Notice] = ()


NOTHING = Plan()


def due_integration_ids(now: datetime) -> list[int]:
    """Return the integrations about whose episodes something is to be done."""
    has_open = select(Notice.integration_id).where(Notice.closed_at.is_(None))
    candidates = db.session.scalars(
        select(Integration)
        .where(
            or_(
                Integration.announced.startswith(State.NEEDS_ATTENTION),
                Integration.id.in_(has_open),
            )
        )
        .order_by(Integration.id)
        .execution_options(**SEES_DISABLED)
    )
    return [each.id for each in candidates if _plan(each, now) != NOTHING]


def follow(integration_id: int) -> None:
    """Open, tell and close the episodes of one integration.

    Its row is locked meanwhile, so that of two jobs at once the second finds nothing to do.
    """
    now = clock.now()
    with write():
        integration = db.session.get(
            Integration, integration_id, with_for_update=True, execution_options=SEES_DISABLED
        )
        if integration is None:
            return
        plan = _plan(integration, now)
        told = _carry_out(plan, integration, now)
        unaware = _withdraw_what_is_over(integration.id, now) if plan.drops or plan.ends else {}
        ids = [id_ for each in told for id_ in _spread(integration, each, unaware)]
    deliveries.enqueue(ids)


def _plan(integration: Integration, now: datetime) -> Plan:
    notices = _open_notices(integration.id)
    if integration.paused_at is not None or integration.disabled_at is not None:
        return Plan(drops=tuple(notices))
    counted = tallying.tally(integration, now)
    is_troubled = states.state_of_integration(integration, counted, now) == State.NEEDS_ATTENTION
    if is_troubled and _fails_as_a_whole(integration, now):
        whole = [each for each in notices if each.impact_source_id is None]
        again = [each for each in whole if each.recovered_at is not None]
        return Plan(opens_whole=not whole, resumes=tuple(again))
    troubled = tallying.troubled_sources(integration, now) if is_troubled else []
    return _plan_by_source(integration, notices, troubled, now)


def _plan_by_source(
    integration: Integration,
    notices: Sequence[Notice],
    troubled: Sequence[ImpactSource],
    now: datetime,
) -> Plan:
    known = {each.impact_source_id for each in notices}
    ids = {source.id for source in troubled}
    lasting = [each for each in notices if each.impact_source_id in ids]
    over = [each for each in notices if each.impact_source_id not in ids]
    working = [each for each in over if _is_seen_to_work(each, integration)]
    drops = [each for each in over if each.told_at is None or _was_left_alone(each, integration)]
    told = [each for each in working if each not in drops]
    untold = [each for each in lasting if each.told_at is None]
    is_time = any(each.opened_at <= now - SETTLE for each in untold)
    return Plan(
        opens=tuple(source for source in troubled if source.id not in known),
        resumes=tuple(each for each in lasting if each.recovered_at is not None),
        recovers=tuple(each for each in told if each.recovered_at is None),
        drops=tuple(drops),
        tells=tuple(untold) if is_time else (),
        ends=tuple(
            each for each in told if each.recovered_at and each.recovered_at <= now - STEADY
        ),
    )


def _carry_out(plan: Plan, integration: Integration, now: datetime) -> list[Message]:
    """Change the rows, and return what is to be told."""
    for source in plan.opens:
        _open(integration, states.waiting_since(source, integration), now, source.id)
    for notice in plan.resumes:
        notice.recovered_at = None
    for notice in plan.recovers:
        notice.recovered_at = now
    for notice in [*plan.drops, *plan.ends]:
        notice.closed_at = now
    for notice in plan.tells:
        notice.told_at = now
    about = _about(integration)
    told = [_opening_of_the_whole(integration, about, now)] if plan.opens_whole else []
    return [*told, *_openings(about, plan.tells), *_endings(about, plan.ends)]


def _withdraw_what_is_over(integration_id: int, now: datetime) -> dict[str, set[int]]:
    """Stop telling of what is over; returns who has not heard of it, by scope."""
    db.session.flush()
    is_whole = {each.impact_source_id is None for each in _open_notices(integration_id)}
    over = [scope for scope, whole in messages.SCOPES.items() if whole not in is_whole]
    return {scope: deliveries.withdraw(integration_id, scope, now) for scope in over}


def _spread(
    integration: Integration, message: Message, unaware: Mapping[str, set[int]]
) -> list[int]:
    is_ending = message.kind == messages.RECOVERED
    but = unaware.get(message.facts["scope"], set()) if is_ending else set()
    return deliveries.spread(
        integration.organization_id, message, integration_id=integration.id, but=but
    )


def _opening_of_the_whole(integration: Integration, about: About, now: datetime) -> Message:
    began_at = integration.failing_since or now
    _open(integration, began_at, now).told_at = now
    affected = [each for each in sources_of_integration(integration.id) if each.paused_at is None]
    error = integration.last_error
    return messages.integration_needs_attention(about, error, began_at, affected)


def _openings(about: About, notices: Sequence[Notice]) -> list[Message]:
    if not notices:
        return []
    began_at = min(each.began_at for each in notices)
    return [messages.sources_need_attention(about, began_at, _sources(notices))]


def _endings(about: About, notices: Sequence[Notice]) -> list[Message]:
    whole = [each for each in notices if each.impact_source_id is None]
    of_sources = [each for each in notices if each.impact_source_id is not None]
    told = [messages.integration_recovered(about, *_span([each])) for each in whole]
    if of_sources:
        sources = _sources(of_sources)
        told.append(messages.sources_recovered(about, *_span(of_sources), sources))
    return told


def _open(
    integration: Integration, began_at: datetime, now: datetime, source_id: int | None = None
) -> Notice:
    notice = Notice(
        integration_id=integration.id,
        impact_source_id=source_id,
        began_at=began_at,
        opened_at=now,
    )
    db.session.add(notice)
    return notice


def _open_notices(integration_id: int) -> list[Notice]:
    return list(
        db.session.scalars(
            select(Notice)
            .where(Notice.integration_id == integration_id, Notice.closed_at.is_(None))
            .order_by(Notice.id)
        )
    )


def _fails_as_a_whole(integration: Integration, now: datetime) -> bool:
    since = integration.failing_since
    return trouble.is_refused(integration) or (
        since is not None and now - since >= FAILS_AS_A_WHOLE
    )


def _is_seen_to_work(notice: Notice, integration: Integration) -> bool:
    """Tell whether counts come in; no longer to be called broken is not enough."""
    if integration.failing_since is not None:
        return False
    source = notice.source
    if source is None:
        return True
    has_come_in = source.collected_at is not None and source.collected_at > notice.opened_at
    return has_come_in and not source.last_error


def _was_left_alone(notice: Notice, integration: Integration) -> bool:
    """Tell whether somebody paused what an episode is about, even if it goes on by now."""
    source, resumed_at = notice.source, integration.resumed_at
    is_resumed = resumed_at is not None and resumed_at > notice.opened_at
    if source is None:
        return is_resumed and not _is_seen_to_work(notice, integration)
    is_paused = source.paused_at is not None
    is_resumed = is_resumed or source.expected_at > notice.opened_at
    return is_paused or (is_resumed and not _is_seen_to_work(notice, integration))


def _sources(notices: Sequence[Notice]) -> list[ImpactSource]:
    return [each.source for each in notices if each.source is not None]


def _span(notices: Sequence[Notice]) -> tuple[datetime, datetime]:
    """Return since when something did not work, and when the last of it did again."""
    ends = [each.recovered_at for each in notices if each.recovered_at is not None]
    return min(each.began_at for each in notices), max(ends)


def _about(integration: Integration) -> About:
    slug, base = integration.organization.slug, current_app.config["SLEUTH_PUBLIC_URL"]
    url = f"{base}/o/{slug}/needs-attention" if base else ""
    return About(slug, integration.provider, name_of(integration.provider), url)
