"""When a team deployed before, and which of those deploys broke something."""

from __future__ import annotations

import numpy as np

from benchmarks.cases.team import DAY, Floats, Team

APART = 10  # minutes between two deploys, at least
SETTLED = 5  # minutes before the judged deploy by which an earlier breakage has ended


def earlier_deploys(team: Team) -> list[int]:
    """Draw the minutes of earlier deploys."""
    if "frequent_deploys" in team.traits:
        return frequent(team)
    if team.chance(0.04):
        return []
    moments = team.moments(team.log_between(team.ranges.deploys_a_day))
    if team.chance(0.6):
        moments = [in_office_hours(team, m) for m in moments]
    return apart(moments, team.deploy - APART)


def frequent(team: Team) -> list[int]:
    """Draw deploys that follow each other all day."""
    gaps = team.rng.uniform(*team.ranges.deploy_gap, 2 + team.deploy // 30)
    back = team.deploy - np.cumsum(gaps).astype(int)
    return sorted(int(m) for m in back if m >= 0)


def in_office_hours(team: Team, minute: int) -> int:
    """Move a moment into the same day's hours of work (8 to 18, UTC)."""
    day = minute - (team.start // 60 + minute) % DAY
    return max(day + team.whole((480, 1080)), 0)


def apart(moments: list[int], before: int) -> list[int]:
    """Keep moments that lie some minutes apart and before a last one."""
    kept: list[int] = []
    for moment in sorted(moments):
        if moment < before and (not kept or moment - kept[-1] >= APART):
            kept.append(moment)
    return kept


def breakages(team: Team) -> Floats:
    """Return by how much (0 for nothing) earlier deploys raised the rate until rolled back."""
    extra = np.zeros(team.minutes)
    often = "frequent_deploys" in team.traits
    share = team.between(team.ranges.breaking_frequent if often else team.ranges.breaking)
    rollbacks: list[int] = []
    for at in team.deploys:
        if team.chance(share):
            rollbacks += broken(team, extra, at)
    team.deploys = apart([*team.deploys, *rollbacks], team.deploy - APART)
    return extra


def broken(team: Team, extra: Floats, at: int) -> list[int]:
    """Let one deploy break something; return the deploy that rolled it back, if one did."""
    since = at + team.whole((0, 5))
    until = min(since + int(team.log_between(team.ranges.breaking_minutes)), team.deploy - SETTLED)
    if until <= since:
        return []
    rise = np.minimum(1, np.arange(1, until - since + 1) / team.whole((1, 15)))
    extra[since:until] += (team.log_between(team.ranges.breaking_factor) - 1) * rise
    return [until] if team.chance(0.5) else []
