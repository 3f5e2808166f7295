"""The findings as text (one line each, with cause and remedy for what is wrong) and as JSON."""

import json
import os
import shutil
import sys
import textwrap
from datetime import UTC, datetime
from typing import TextIO

from app.devstack.doctor.finding import Finding, Status, is_healthy

MARKS = {Status.OK: "✔", Status.WARNING: "!", Status.FAILED: "✘", Status.SKIPPED: "–"}
PLAIN_MARKS = {Status.OK: "ok  ", Status.WARNING: "warn", Status.FAILED: "FAIL", Status.SKIPPED: "skip"}
COLORS = {Status.OK: "32", Status.WARNING: "33", Status.FAILED: "31", Status.SKIPPED: "2"}
TITLE_WIDTH = 16
INDENT = " " * (TITLE_WIDTH + 5)
MAX_WIDTH = 110


class Report:
    """Print findings as they come. On a terminal, use color and show the running check on the last line."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._live = out.isatty()
        self._colored = self._live and "NO_COLOR" not in os.environ
        self._marks = MARKS if (out.encoding or "").lower().replace("-", "") == "utf8" else PLAIN_MARKS
        self._width = min(shutil.get_terminal_size((MAX_WIDTH, 24)).columns, MAX_WIDTH)

    def begin(self, title: str) -> None:
        """Show that a check is running; on a terminal only, until its finding replaces the line."""
        if self._live:
            self._write(f"\r\033[K  {self._color('2', f'{title} …')}", end="")

    def add(self, finding: Finding) -> None:
        """Print one finding: a line, and below it the cause and remedy if something is wrong."""
        if not finding.notable:
            return
        mark = self._color(COLORS[finding.status], self._marks[finding.status])
        title = f"{finding.title:<{TITLE_WIDTH}}"
        start = "\r\033[K" if self._live else ""
        first, *rest = self._wrap(finding.verdict.summary, INDENT) or [""]
        self._write(f"{start}  {mark} {self._color('1', title)} {first.lstrip()}")
        for line in rest:
            self._write(line)
        for label, text in (("Cause", finding.verdict.cause), ("Remedy", finding.verdict.remedy)):
            if text:
                self._paragraph(label, text)

    def end(self, findings: list[Finding]) -> None:
        """Print the conclusion."""
        self._write("")
        self._write(self._color("1", conclusion(findings)))

    def _paragraph(self, label: str, text: str) -> None:
        for line in self._wrap(text, f"{INDENT}{label + ':':<8}"):
            self._write(line)

    def _wrap(self, text: str, head: str) -> list[str]:
        return textwrap.wrap(
            text, self._width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False,
            break_long_words=False,
        )  # fmt: skip

    def _color(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colored else text

    def _write(self, text: str, end: str = "\n") -> None:
        self._out.write(text + end)
        self._out.flush()


def conclusion(findings: list[Finding]) -> str:
    """Return one sentence about all findings."""
    failed = [finding.title for finding in findings if finding.status is Status.FAILED]
    if failed:
        advice = " Fix the first one first; the others may be consequences." if len(failed) > 1 else ""
        return f"Broken: {', '.join(failed)}.{advice}"
    warnings = [finding.title for finding in findings if finding.status is Status.WARNING]
    return f"Everything works. Warnings: {', '.join(warnings)}." if warnings else "Everything works."


def as_json(findings: list[Finding]) -> str:
    """Return the findings as JSON, with the time (ISO 8601, UTC)."""
    body = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "healthy": is_healthy(findings),
        "findings": [finding.to_dict() for finding in findings],
    }
    return json.dumps(body, indent=2, ensure_ascii=False)
