"""What the scorer does not say of its result: families that there are, and times to detect.

python -m benchmarks.judging.extra BENCH SPLIT CASES RESULT.npz OUT.json
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import numpy as np

from benchmarks.judging.figures import quantile_of_delays


def main(bench: str, split: str, cases: str, result: str, out: str) -> None:
    """Read a result of the scorer and write the rest."""
    sys.path.insert(0, bench)
    scorer = importlib.import_module("score")
    truth = scorer.Truth(split, int(cases) or None)
    with np.load(result) as stored:
        state, score, ms = stored["state"], stored["score"], stored["ms"]
    families = {
        family: scorer.metrics(truth, state, score, ms, B=300, rows=truth.family == family)
        for family in sorted(set(truth.family))
    }
    hit = (state >= 1) & truth.pos
    visible = (truth.label == "regressed") & truth.pos.any(1)
    delays = {
        str(share): quantile_of_delays(hit[visible], scorer.HORIZONS, share / 100)
        for share in (50, 90)
    }
    Path(out).write_text(json.dumps({"families": families, "delays": delays}))


if __name__ == "__main__":
    main(*sys.argv[1:])
