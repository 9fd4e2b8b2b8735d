"""A chart as numbers, for the browser to draw."""

from __future__ import annotations

from typing import Any

from sleuth.dashboard.chart import Chart


def chart_data(chart: Chart) -> dict[str, Any]:
    """Return what the browser draws a chart from; JSON-serializable."""
    picture, rows = chart.picture, chart.rows
    return {
        "start": int(picture.start.timestamp()),
        "step": picture.step_seconds,
        "counts": picture.counts,
        "parts": [row.bucket.part for row in rows],
        "words": [row.part for row in rows],
        "ranges": [row.range for row in rows],
        "band": [[each.index, each.low, each.high] for each in picture.shown],
        "counted": [picture.counted.start, picture.counted.stop],
        "averages": [[each.part, each.per_minute * picture.per_minute] for each in chart.averages],
        "own": picture.own,
        "deploy": picture.deploy_index,
        "end": picture.end_index,
        "limit": None if chart.limit_y is None else (picture.limit or 0) * picture.per_minute,
        "pins": [[pin.role, rows.index(pin.row)] for pin in chart.pins],
        "deploys": {
            at: [each.words for each in row.deploys] for at, row in enumerate(rows) if row.deploys
        },
    }
