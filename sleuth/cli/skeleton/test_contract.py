"""What Sleuth asks of every plugin: one test for each of its rules."""

from __future__ import annotations

from pathlib import Path

from sleuth.testing import contract

test_contract = contract(str(Path(__file__).parent.parent / "sleuth_tracker_name"))
