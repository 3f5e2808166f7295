"""Verdicts and findings: the results of checks."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Status(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Verdict:
    """A check's result: one line in `summary`; if something is wrong, also its cause and remedy."""

    status: Status
    summary: str
    cause: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Finding:
    """A verdict, with its check's name and duration."""

    check: str
    title: str
    verdict: Verdict
    seconds: float = 0.0
    notable: bool = True  # False when skipped because an earlier check was skipped

    @property
    def status(self) -> Status:
        """Return the verdict's status."""
        return self.verdict.status

    def to_dict(self) -> dict[str, object]:
        """Return the finding as `--json` shows it."""
        return {"check": self.check, "title": self.title, **asdict(self.verdict), "seconds": round(self.seconds, 3)}


def ok(summary: str) -> Verdict:
    """Return a verdict: it works."""
    return Verdict(Status.OK, summary)


def warning(summary: str, remedy: str, *, cause: str = "") -> Verdict:
    """Return a verdict: it works, but the user should know something."""
    return Verdict(Status.WARNING, summary, cause, remedy)


def failed(summary: str, remedy: str, *, cause: str = "") -> Verdict:
    """Return a verdict: it is broken."""
    return Verdict(Status.FAILED, summary, cause, remedy)


def skipped(reason: str) -> Verdict:
    """Return a verdict: there is nothing to check, or no way to check it."""
    return Verdict(Status.SKIPPED, f"skipped: {reason}")


def is_healthy(findings: list[Finding]) -> bool:
    """Return whether nothing is broken."""
    return not any(finding.status is Status.FAILED for finding in findings)
