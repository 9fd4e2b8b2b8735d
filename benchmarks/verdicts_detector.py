"""Sleuth's detector as the scorer of the benchmark wants to call it.

    python score.py --callable benchmarks.verdicts_detector:detect

Run as a module it prints the names of the detector's switches. The variable SLEUTH_VERDICTS
holds JSON: under ``sensitivity`` one of the product's, under ``off`` switches to turn off.
"""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sleuth.health.detector import SENSITIVITIES, Assessment, Settings, assess

VARIABLE = "SLEUTH_VERDICTS"
AT_ONCE = -60
"""The protocol hands over all that will ever be recorded of the minutes up to ``now``: a minute
that is not there by its end is a gap, where a tracker would have three minutes to tell it."""


def settings_from(text: str) -> Settings:
    """Return the settings that the variable asks for."""
    wanted = json.loads(text or "{}")
    chosen = SENSITIVITIES[wanted.get("sensitivity", "normal")]
    off = dict.fromkeys(wanted.get("off", ()), False)
    return replace(chosen, settling_seconds=AT_ONCE, **off)


def switches() -> list[str]:
    """Return the names of settings that turn a part of the method off."""
    return [each.name for each in fields(Settings) if each.name.startswith("use_")]


SETTINGS = settings_from(os.environ.get(VARIABLE, ""))


def detect(
    times: NDArray[np.int64],
    counts: NDArray[np.float64],
    deploy_time: int,
    now: int,
    deploys: NDArray[np.int64],
    step_seconds: int = 60,
) -> dict[str, Any]:
    """Judge one deploy; see the scorer's protocol."""
    made = assess(
        times,
        counts,
        int(deploy_time),
        int(now),
        [int(each) for each in deploys],
        step_seconds=step_seconds,
        settings=SETTINGS,
    )
    return {"state": made.health.capitalize(), "score": score(made)}


def score(made: Assessment) -> float | None:
    """Return a number that is larger the worse the deploy; None where nothing can be said."""
    if "score" in made.details:
        return float(made.details["score"])
    if made.evidence is None or made.ratio is None:
        return None
    return made.evidence if made.ratio >= 1 else -made.evidence


if __name__ == "__main__":
    print(json.dumps(switches()))
