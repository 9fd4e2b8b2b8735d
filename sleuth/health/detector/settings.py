"""Where the detector's lines are drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the lines are drawn.

    Args:
        looks: Minutes of data after which a verdict is made; the last one is final. Wider
            buckets round them up.
        window_minutes: Deploys of one environment closer together than this share a verdict.
        rarity: How improbable a change must be if nothing had changed.
        ailing_ratio, unhealthy_ratio, improved_ratio: Least change of the rate.
        material_errors: A rise of fewer errors than this in all is not held against a deploy.
        least_history_days: With less of the past nothing is said.
        short_history_days: With less of the past a verdict is marked.
        least_after: Share of the minutes since the deploy that must be known for anything
            but a rise to be said.
        patience_seconds: After this long, or three buckets, what is known is all there will
            be: the verdict is final whatever is missing.
        settling_seconds: How long after the end of the bucket that follows it a bucket may be
            unknown without being a gap: trackers take their time.
    """

    looks: tuple[int, ...] = (2, 4, 6, 10, 18, 30, 60, 120, 240, 1440)
    window_minutes: int = 18
    rarity: float = 0.001
    ailing_ratio: float = 1.5
    unhealthy_ratio: float = 3.0
    improved_ratio: float = 0.5
    material_errors: int = 5
    least_history_days: float = 2.0
    short_history_days: float = 7.0
    least_after: float = 0.8
    patience_seconds: int = 2 * 86_400
    settling_seconds: int = 180


DEFAULT = Settings()
SENSITIVITIES = {
    "fine": Settings(window_minutes=6, rarity=0.01),
    "normal": DEFAULT,
    "coarse": Settings(window_minutes=30, rarity=0.0001),
}
"""By the project's sensitivity."""
