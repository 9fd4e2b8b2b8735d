"""Placebo deploys: moments without a deploy, judged as if there had been one.

What is flagged there is a false alarm for certain, so that the rate that is stated can be held
against the organization's own series.
"""
