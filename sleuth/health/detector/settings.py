"""Where the detector's lines are drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the lines are drawn.

    Args:
        looks: Minutes of data after which a verdict is made; the last one is final. Wider
            buckets round them up.
        window_minutes: Deploys of one environment within this of another one share its verdict.
        rise_evidence: For each look, how strong the evidence for a rise must be (logarithm to
            base 10 of the averaged likelihood ratio).
        rise_rarity: How rare a rise must be at moments without a deploy (minus the logarithm
            to base 10).
        fall_evidence, fall_rarity: The same for a fall, at every look.
        ailing_ratio: A rise by less is a trifle.
        unhealthy_ratio: From here on a rise is called unhealthy.
        improved_ratio: A fall must at least go down to this.
        material_errors: A rise or fall of fewer errors than this in all is none.
        serious_ratio: A health is called healthy only if a rise by this factor would have
            shown, or by ``serious_rise_per_hour`` where errors are few.
        least_history_days: With less of the past nothing is said.
        short_history_days: With less of the past a verdict is marked.
        least_known: Share of the minutes of the look that must be known for anything but a
            rise to be said.
        patience_seconds: After this long, or three buckets, what is known is all there will
            be: the verdict is final whatever is missing.
        settling_seconds: How long after the end of the bucket that follows it a bucket may be
            unknown without being a gap: trackers take their time.
        use_profile, use_forecast, use_masks, use_blips, use_moments: The parts of the
            method; without one it can be measured what it is worth.
    """

    looks: tuple[int, ...] = (2, 4, 6, 10, 18, 30, 60, 120, 240, 1440)
    window_minutes: int = 18
    rise_evidence: tuple[float, ...] = (1.4, 1.3, 1.2, 1.25, 1.3, 1.3, 1.4, 1.6, 1.6, 1.6)
    rise_rarity: float = 1.1
    fall_evidence: float = 1.5
    fall_rarity: float = 1.6
    ailing_ratio: float = 1.1
    unhealthy_ratio: float = 3.5
    improved_ratio: float = 0.8
    material_errors: float = 2.0
    serious_ratio: float = 3.0
    serious_rise_per_hour: float = 10.0
    least_history_days: float = 2.0
    short_history_days: float = 7.0
    least_known: float = 0.8
    patience_seconds: int = 2 * 86_400
    settling_seconds: int = 180
    use_profile: bool = True
    use_forecast: bool = True
    use_masks: bool = True
    use_blips: bool = True
    use_moments: bool = True


DEFAULT = Settings()
SENSITIVITIES = {
    "fine": Settings(
        window_minutes=6,
        rise_evidence=tuple(each - 0.5 for each in DEFAULT.rise_evidence),
        rise_rarity=0.9,
    ),
    "normal": DEFAULT,
    "coarse": Settings(
        window_minutes=30,
        rise_evidence=tuple(each + 1.0 for each in DEFAULT.rise_evidence),
        rise_rarity=1.5,
    ),
}
"""By the project's sensitivity."""
