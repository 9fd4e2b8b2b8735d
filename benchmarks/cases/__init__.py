"""Labelled deploys for judging a detector: error counts a minute, and what is true of each.

    python -m benchmarks.cases --out DIR --split NAME --seed N [--cases N] [--after MINUTES]
                               [--real DIR]

Needs numpy, pandas and pyarrow, in an environment of its own; none of it belongs to the
product. ``--real`` names the ``data`` folder of a checkout of the Numenta Anomaly
Benchmark, whose series are backgrounds for three of the fifteen families; without it
those families are left out and the synthetic ones are drawn more often.
"""
