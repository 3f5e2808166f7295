"""A bar chart of amounts by day, drawn on the server by ziaplot."""

import base64
from collections.abc import Mapping, Sequence
from datetime import date
from xml.etree.ElementTree import tostring

from ziaplot import Bars, Graph

from app.payments.currencies import digits

WIDTH, HEIGHT = 900, 240  # pixels; the page scales the image down
SPARE = 16  # pixels on the left, for fonts wider than ziaplot's tables
COLORS = ("#2e8540", "#c77700")  # as in admin.css
STYLE = """
    Graph { color: none; edge_width: 1; edge_color: gray; }
    Graph.GridX { color: none; }
    Graph.GridY { stroke: solid; }
    Graph.TickX { pad: 0; stroke_width: 1; }
    Graph.TickY { pad: 0; stroke_width: 1; num_format: ,.10g; }
    Bars { edge_width: 0; }
"""
LABELED = 5  # every how many days the axis has a label


def bar_chart(days: Sequence[date], series: Mapping[str, Sequence[int]], currency: str) -> str:
    """Return the chart as a `data:` URL for an image, in which nothing runs. The amounts are in minor units.

    The first series is green, the second one orange.
    """
    unit, width = 10 ** digits(currency), 0.8 / len(series)
    graph = Graph().css(STYLE).size(WIDTH, HEIGHT).legend("none")
    labeled = range(0, len(days), LABELED)
    graph.xticks(list(labeled), [f"{days[number]:%b} {days[number].day}" for number in labeled])
    for place, (name, amounts) in enumerate(series.items()):
        left = [number - 0.4 + place * width for number in range(len(days))]
        bars = Bars(left, [amount / unit for amount in amounts], width=width, align="left")
        graph.add(bars.name(name).color(COLORS[place]))
    image = graph.svgxml()
    image.set("viewBox", f"{-SPARE} 0 {WIDTH + SPARE} {HEIGHT}")
    return f"data:image/svg+xml;base64,{base64.b64encode(tostring(image)).decode()}"
