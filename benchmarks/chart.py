"""Draw a chart of the full runs' results as SVG."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

HERE = Path(__file__).parent
CHART = HERE / "chart.svg"
WIDTH, LABELS, BAR, GAP, HEAD = 760, 330, 18, 10, 44
OURS, OTHERS, LIMIT = "#0a7d4f", "#9aa5b1", "#5b7083"
STYLE = "text{font:13px system-ui,sans-serif;fill:#1f2933}.head{font-weight:600;font-size:15px}.note{fill:#616e7c}"


def draw() -> Path | None:
    """Draw the chart. Return its file, or None if a result is missing."""
    try:
        panels = [
            _panel("webhooks", "per_s", "Webhooks per second: 16 clients, signed unique events, Postgres"),
            _panel(
                "checkout",
                "per_s",
                "Checkouts per second: 64 concurrent buyers, Stripe responds after 300 ms (ideal: 213)",
            ),
        ]
    except FileNotFoundError:
        return None
    height = sum(len(bars) * (BAR + GAP) + HEAD for _, bars in panels) + GAP
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">']
    parts.append(f'<style>{STYLE}</style><rect width="{WIDTH}" height="{height}" fill="#fff"/>')
    top = 0
    for title, bars in panels:
        parts += _draw(title, bars, top)
        top += len(bars) * (BAR + GAP) + HEAD
    CHART.write_text("\n".join([*parts, "</svg>", ""]))
    return CHART


def _panel(result: str, column: str, title: str) -> tuple[str, list[tuple[str, float]]]:
    read: dict[str, Any] = json.loads((HERE / "results" / f"{result}.json").read_text())
    rows: dict[str, dict[str, list[float]]] = read["tables"][0]["rows"]
    bars = [(name, statistics.median(row[column])) for name, row in rows.items() if column in row]
    return title, sorted(bars, key=lambda bar: -bar[1])


def _draw(title: str, bars: Sequence[tuple[str, float]], top: int) -> list[str]:
    longest = max(value for _, value in bars)
    parts = [f'<text class="head" x="{GAP}" y="{top + 28}">{escape(title)}</text>']
    for number, (name, value) in enumerate(bars):
        y = top + HEAD + number * (BAR + GAP) - 4
        width = max(round(value / longest * (WIDTH - LABELS - 80)), 1)
        color = (
            OURS
            if name.startswith(("this project", "webhook"))
            else LIMIT
            if name.startswith(("LIMIT", "bare"))
            else OTHERS
        )
        parts.append(f'<text x="{LABELS - 10}" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<rect x="{LABELS}" y="{y}" width="{width}" height="{BAR}" rx="2" fill="{color}"/>')
        parts.append(f'<text class="note" x="{LABELS + width + 8}" y="{y + 14}">{value:,.0f}</text>')
    return parts
