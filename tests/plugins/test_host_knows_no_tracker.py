"""No tracker's name occurs in the host: what is said of one, its plugin says."""

from __future__ import annotations

from pathlib import Path

import pytest

from sleuth.trackers import load

ROOT = Path(__file__).parent.parent.parent
OTHERS = ("rollbar", "bugsnag", "honeybadger", "glitchtip", "airbrake", "raygun")
BUNDLED = [
    name.lower()
    for tracker in load({}).trackers.values()
    if tracker.info.slug != "example" and tracker.origin.place == "bundled"
    for name in (tracker.info.slug, tracker.info.name)
]
FILES = [
    path
    for folder in ("sleuth", "templates")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file() and "__pycache__" not in path.parts
]


@pytest.mark.parametrize("name", sorted({*BUNDLED, *OTHERS}))
def test_the_host_names_no_tracker(name: str) -> None:
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in FILES
        for number, line in enumerate(path.read_text("utf-8").lower().splitlines(), 1)
        if name in line
    ]
    assert named == []


def test_the_names_of_bundled_trackers_are_looked_for() -> None:
    assert BUNDLED
    assert len(FILES) > 200
