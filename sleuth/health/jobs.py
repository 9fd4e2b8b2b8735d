"""RQ jobs of the verdicts: ids in, nothing out."""

from __future__ import annotations

from sleuth.health import drawing, purging, revising, service, surveying, timelines
from sleuth.health.new_errors import asking, usual
from sleuth.health.placebo import sampling
from sleuth.health.replaying import due as replays_due
from sleuth.health.replaying import service as replays
from sleuth.health.replaying import work


def assess_deploy(deploy_id: int) -> None:
    """Make or renew a deploy's verdicts."""
    service.assess_deploy(deploy_id)


def renew_pictures(deploy_id: int) -> None:
    """Draw the counts around a deploy as far as they go now."""
    drawing.renew_pictures(deploy_id)


def follow_changes(_number: int) -> None:
    """Have the verdicts made again that rest on counts which changed, whose they are."""
    revising.follow_changes()


def follow_timelines(_number: int) -> None:
    """Have the verdicts made again whose neighbours were registered or deleted."""
    timelines.follow_timelines()


def refresh_strips(_number: int) -> None:
    """Look again at how environments are that somebody looks at or has deployed to."""
    surveying.refresh_due()


def sample_placebos(_number: int) -> None:
    """Judge moments without a deploy as if there had been one, to count false alarms."""
    sampling.sample_due()


def purge_integration(integration_id: int) -> None:
    """Delete for good what a disabled integration has left."""
    purging.purge_integration(integration_id)


def ask_new_errors(verdict_id: int) -> None:
    """Ask what is new since the deploys that share a verdict."""
    asking.ask(verdict_id)


def ask_usual_new_errors(source_id: int) -> None:
    """Ask how many new kinds of errors an impact source usually brings."""
    usual.ask(source_id)


def replay(replay_id: int) -> None:
    """Go on judging the past by what is proposed."""
    work.go_on(replay_id)


def begin_for_added(source_id: int) -> None:
    """Judge the past by an impact source that was added."""
    replays.begin_for_added(source_id)


def give_back_replay(replay_id: int) -> None:
    """Make a replay due again whose worker has died."""
    replays_due.give_back(replay_id)


def erase_expired_replays() -> None:
    """Erase the previews that nobody has decided about."""
    replays_due.erase_expired()
