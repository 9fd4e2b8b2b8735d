"""Tests of the detector: counts in, verdicts out."""
