"""Verdicts on deploys."""
