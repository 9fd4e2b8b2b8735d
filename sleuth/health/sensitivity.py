"""What each sensitivity costs and brings, as measured; without NumPy, so that pages may say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """What a project gets by choosing a sensitivity.

    Args:
        window_minutes: Deploys of one environment within this of another one share its verdict.
        false_alarms: Of 100 harmless deploys, how many are called ailing or unhealthy at some
            look of the first hour.
        found: Of 100 regressions, how many are found at some look of the first hour.
        found_after_minutes: After so many minutes of data half of the regressions are found.
    """

    window_minutes: int
    false_alarms: int
    found: int
    found_after_minutes: int

    @property
    def in_words(self) -> str:
        """One sentence for whoever chooses."""
        return (
            f"Window of {self.window_minutes} minutes: about {self.false_alarms} false alarms in "
            f"100 harmless deploys; finds {self.found} of 100 regressions within an hour, half of "
            f"all after {self.found_after_minutes} minutes of data."
        )


MEASURED = {
    "fine": Measured(window_minutes=6, false_alarms=13, found=94, found_after_minutes=10),
    "normal": Measured(window_minutes=18, false_alarms=6, found=90, found_after_minutes=10),
    "coarse": Measured(window_minutes=30, false_alarms=2, found=85, found_after_minutes=10),
}
"""By the project's sensitivity."""
