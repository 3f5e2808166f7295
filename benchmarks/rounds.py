"""Rounds in which all contenders are measured in turn, because the machine's speed drifts."""

import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


class BenchmarkError(Exception):
    """The reason why there is no result, for the user."""


@dataclass
class Table:
    """Numbers by row (contender), column (metric) and round; several in one round are averaged."""

    title: str
    note: str = ""
    rows: dict[str, dict[str, dict[int, list[float]]]] = field(default_factory=dict)

    def add(self, row: str, number: int, **values: float) -> None:
        """Add the measurements of a round."""
        for column, value in values.items():
            self.rows.setdefault(row, {}).setdefault(column, {}).setdefault(number, []).append(value)

    def rounds(self, row: str, column: str) -> list[float]:
        """Return one number per round."""
        return [statistics.mean(values) for _, values in sorted(self.rows[row][column].items())]

    def median(self, row: str, column: str) -> float:
        """Return the median over all rounds."""
        return statistics.median(self.rounds(row, column))

    def ratio(self, row: str, of: str, column: str) -> float:
        """Return the median over the rounds of the ratio of two rows, which were measured side by side."""
        pairs = zip(self.rounds(row, column), self.rounds(of, column), strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)

    def as_text(self) -> str:
        """Return the medians as a Markdown table."""
        columns = list(dict.fromkeys(column for row in self.rows.values() for column in row))
        lines = [f"### {self.title}", "", "| | " + " | ".join(column.replace("_", " ") for column in columns) + " |"]
        lines.append("|---|" + "---:|" * len(columns))
        for name, row in self.rows.items():
            cells = [_number(self.median(name, column)) if column in row else "" for column in columns]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        return "\n".join([*lines, "", *([self.note, ""] if self.note else [])])

    def as_json(self) -> dict[str, Any]:
        """Return the numbers of every round."""
        rows = {row: {column: self.rounds(row, column) for column in columns} for row, columns in self.rows.items()}
        return {"title": self.title, "note": self.note, "rows": rows}


@dataclass(frozen=True)
class Target:
    """A number to reach: at least `must` (at most, with `most`), and ideally `reach`. Without `must` it is only
    printed. An `advisory` target depends on the machine, as seconds and megabytes do; missing it is not a failure."""

    name: str
    value: float
    must: float | None = None
    reach: float | None = None
    unit: str = ""
    most: bool = False
    advisory: bool = False

    @property
    def outcome(self) -> str:
        """`missed`, `met` or `reached`; empty without a limit."""
        if self.reach is not None and self._is_good(self.reach):
            return "reached"
        if self.must is None:
            return ""
        return "met" if self._is_good(self.must) else "missed"

    @property
    def failed(self) -> bool:
        """True if a binding target was missed."""
        return self.outcome == "missed" and not self.advisory

    def as_text(self) -> str:
        """Return one row of a Markdown table."""
        limit = "≤" if self.most else "≥"
        must, reach = (
            "" if number is None else f"{limit} {_number(number)} {self.unit}".strip()
            for number in (self.must, self.reach)
        )
        measured = f"{_number(self.value)} {self.unit}".strip()
        return f"| {self.name} | {must} | {reach} | {measured} | {self.outcome} |"

    def _is_good(self, limit: float) -> bool:
        return self.value <= limit if self.most else self.value >= limit


@dataclass
class Result:
    """The result of a benchmark."""

    name: str
    tables: list[Table]
    targets: list[Target] = field(default_factory=list)

    def as_text(self) -> str:
        """Return the tables in Markdown."""
        return "\n".join(table.as_text() for table in self.tables)

    def as_json(self) -> dict[str, Any]:
        """Return all tables and targets."""
        targets = [{**vars(target), "outcome": target.outcome} for target in self.targets]
        return {"name": self.name, "tables": [table.as_json() for table in self.tables], "targets": targets}


def alternate(rounds: int, contenders: Sequence[T], measure: Callable[[T, int], None]) -> None:
    """Measure each contender once per round, in rotating order, so that no contender always comes first."""
    for number in range(rounds):
        for contender in [*contenders[number % len(contenders) :], *contenders[: number % len(contenders)]]:
            measure(contender, number)


def targets_as_text(targets: Sequence[Target]) -> str:
    """Return the targets as a Markdown table."""
    head = ["| target | must | goal | measured | |", "|---|---:|---:|---:|---|"]
    return "\n".join([*head, *(target.as_text() for target in targets)])


def say(line: str) -> None:
    """Print a line of progress."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
