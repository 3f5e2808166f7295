"""What a check has found."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Verdict:
    """A check's answer: one line in `summary`; whenever something is wrong, why, and what to do about it."""

    status: Status
    summary: str
    cause: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Finding:
    """A verdict with the name of the check that came to it, and how long that took."""

    check: str
    title: str
    verdict: Verdict
    seconds: float = 0.0
    notable: bool = True  # not notable: there is nothing to check, because of a check that had nothing to check

    @property
    def status(self) -> Status:
        """How the check ended."""
        return self.verdict.status

    def to_dict(self) -> dict[str, object]:
        """The finding as `--json` shows it."""
        return {"check": self.check, "title": self.title, **asdict(self.verdict), "seconds": round(self.seconds, 3)}


def ok(summary: str) -> Verdict:
    """The link holds."""
    return Verdict(Status.OK, summary)


def warning(summary: str, remedy: str, *, cause: str = "") -> Verdict:
    """The link holds, but one should know something."""
    return Verdict(Status.WARNING, summary, cause, remedy)


def failed(summary: str, remedy: str, *, cause: str = "") -> Verdict:
    """The link is broken."""
    return Verdict(Status.FAILED, summary, cause, remedy)


def skipped(because: str) -> Verdict:
    """Nothing to check, or no way to."""
    return Verdict(Status.SKIPPED, f"skipped, because {because}")


def is_healthy(findings: list[Finding]) -> bool:
    """Whether nothing is broken."""
    return not any(finding.status is Status.FAILED for finding in findings)
