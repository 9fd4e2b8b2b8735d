"""What ``benchmarks/verdicts.py`` is made of.

Modules that it starts in the benchmark's own environment (halve, extra, long) may import
pandas; the others need the standard library or NumPy alone.
"""
