"""From what everything is drawn: one table for each kind of case."""

from __future__ import annotations

from dataclasses import dataclass, replace

Range = tuple[float, float]


@dataclass(frozen=True)
class Ranges:
    """Lower and upper ends; rates are errors a minute, times minutes unless named otherwise."""

    level: Range = (0.02, 400)  # log-uniform
    level_sparse: Range = (0.004, 0.05)
    level_low: Range = (0.05, 3)
    level_improved: Range = (1.0, 400)
    young_share: float = 0.3  # teams with 7 days of history, the others have 28

    day_amplitude: Range = (1.2, 4.0)  # highest over lowest
    seasonal_amplitude: Range = (2.0, 10.0)
    weekend: Range = (0.3, 1.0)
    wobble_sd: Range = (0.03, 0.22)  # of the log level, everywhere
    wobble_hours: Range = (3, 48)
    drift_sd: Range = (0.3, 0.8)
    drift_hours: Range = (3, 72)

    noise: Range = (0.0, 0.05)  # variance of the gamma factor that minutes of a block share
    overdispersed: Range = (0.08, 0.8)
    noise_block: Range = (1, 5)
    overdispersed_block: Range = (1, 8)
    branching: Range = (0.5, 0.85)  # offspring of one error, in bursty families
    burst_memory: Range = (2, 12)

    incidents_a_day: Range = (0.0, 0.6)
    incident_factor: Range = (2, 10)
    incident_minutes: Range = (10, 120)
    steps_a_day: Range = (0.2, 1.5)
    step_size: Range = (0.1, 0.6)
    step_minutes: Range = (30, 360)
    step_near: Range = (-60, 45)  # of the one near the deploy, relative to it

    deploys_a_day: Range = (0.3, 5)
    deploy_gap: Range = (30, 180)  # where deploys are frequent
    breaking: Range = (0.02, 0.1)  # share of earlier deploys
    breaking_frequent: Range = (0.08, 0.25)
    breaking_factor: Range = (1.5, 10)
    breaking_minutes: Range = (10, 90)
    blip_factor: Range = (2, 20)  # times the level
    blip_errors: Range = (0.6, 8)  # at least, a minute
    blip_minutes: Range = (1, 4)
    blip_elsewhere: float = 0.05  # share of teams of other families whose restarts show
    cron_factor: Range = (1, 8)
    cron_errors: Range = (0.5, 6)
    gap_minutes: Range = (10, 600)
    gap_after: Range = (3, 20)

    shapes: tuple[float, ...] = (0.44, 0.14, 0.08, 0.24, 0.10)  # step, ramp, slow, newerr, spike
    strength: Range = (2.5, 200)  # log-uniform, over so many minutes:
    strength_minutes: int = 30
    ratio: Range = (1.16, 20)
    improved_factor: Range = (0.05, 0.6)
    ramp_minutes: Range = (5, 25)
    slow_minutes: Range = (30, 60)
    spike_minutes: Range = (5, 20)
    onset: Range = (1, 10)
    onset_at_once: float = 0.45
    immaterial_share: float = 0.055
    immaterial: float = 0.08


DEV = Ranges()

TEST = replace(
    DEV,
    level=(0.015, 500),
    level_low=(0.04, 2.5),
    young_share=0.33,
    day_amplitude=(1.1, 5.0),
    seasonal_amplitude=(2.5, 9.0),
    weekend=(0.4, 1.1),
    wobble_sd=(0.04, 0.25),
    drift_sd=(0.35, 0.75),
    drift_hours=(2, 96),
    overdispersed=(0.1, 0.7),
    overdispersed_block=(1, 10),
    branching=(0.45, 0.88),
    burst_memory=(1.5, 15),
    incidents_a_day=(0.0, 0.55),
    incident_factor=(1.8, 12),
    step_size=(0.12, 0.55),
    deploys_a_day=(0.4, 6),
    deploy_gap=(25, 160),
    breaking_frequent=(0.1, 0.3),
    blip_factor=(1.8, 22),
    blip_minutes=(1, 5),
    cron_factor=(0.8, 10),
    gap_minutes=(5, 480),
    spike_minutes=(6, 22),
    immaterial_share=0.05,
)

LONG = replace(  # for looks hours after the deploy
    DEV,
    shapes=(0.3, 0.1, 0.3, 0.2, 0.1),
    strength_minutes=240,
    ratio=(1.3, 20),
    ramp_minutes=(10, 90),
    slow_minutes=(120, 720),
    spike_minutes=(20, 240),
)
