"""Alternating rounds: everybody measured in turn, again and again, because the machine's own speed drifts."""

import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass
class Table:
    """Numbers by row (who) and column (what), one for each round; `figures` gives the medians."""

    title: str
    note: str = ""
    rows: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, row: str, **values: float) -> None:
        """One round's numbers."""
        for column, value in values.items():
            self.rows.setdefault(row, {}).setdefault(column, []).append(value)

    def median(self, row: str, column: str) -> float:
        """The median over all rounds."""
        return statistics.median(self.rows[row][column])

    def ratio(self, row: str, of: str, column: str) -> float:
        """The median over the rounds of the two rows' ratio: each round's rows were measured side by side."""
        pairs = zip(self.rows[row][column], self.rows[of][column], strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)

    def as_text(self) -> str:
        """The medians as a Markdown table."""
        columns = list(dict.fromkeys(column for row in self.rows.values() for column in row))
        lines = [f"### {self.title}", "", "| | " + " | ".join(column.replace("_", " ") for column in columns) + " |"]
        lines.append("|---|" + "---:|" * len(columns))
        for name, row in self.rows.items():
            cells = [_number(self.median(name, column)) if column in row else "" for column in columns]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        return "\n".join([*lines, "", *([self.note, ""] if self.note else [])])

    def as_json(self) -> dict[str, Any]:
        """Everything, every round."""
        return {"title": self.title, "note": self.note, "rows": self.rows}


@dataclass(frozen=True)
class Target:
    """A number to reach: at least `must` (or at most, when `most`), better still `reach`."""

    name: str
    value: float
    must: float
    reach: float
    unit: str = ""
    most: bool = False

    @property
    def verdict(self) -> str:
        """`missed`, `met` or `reached`."""
        sign = -1 if self.most else 1
        if sign * self.value >= sign * self.reach:
            return "reached"
        return "met" if sign * self.value >= sign * self.must else "missed"

    def as_text(self) -> str:
        """One row of a Markdown table."""
        limit = "≤" if self.most else "≥"
        must, reach = (f"{limit} {_number(number)} {self.unit}".strip() for number in (self.must, self.reach))
        return f"| {self.name} | {_number(self.value)} {self.unit} | {must} | {reach} | {self.verdict} |"


@dataclass
class Result:
    """What a benchmark came to."""

    name: str
    tables: list[Table]
    targets: list[Target] = field(default_factory=list)

    def as_text(self) -> str:
        """Tables and targets in Markdown."""
        text = "\n".join(table.as_text() for table in self.tables)
        if not self.targets:
            return text
        head = ["| target | measured | must | reach for | |", "|---|---:|---:|---:|---|"]
        return "\n".join([text, *head, *(target.as_text() for target in self.targets), ""])

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        targets = [{**vars(target), "verdict": target.verdict} for target in self.targets]
        return {"name": self.name, "tables": [table.as_json() for table in self.tables], "targets": targets}


def alternate(rounds: int, contenders: Sequence[T], measure: Callable[[T, int], None]) -> None:
    """Measure each contender once in every round, in turning order, so that nobody always comes first."""
    for number in range(rounds):
        for contender in [*contenders[number % len(contenders) :], *contenders[: number % len(contenders)]]:
            measure(contender, number)


def say(line: str) -> None:
    """A line of progress."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
