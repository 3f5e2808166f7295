"""The doctor's report when the settings can't be loaded, so that Django does not start."""

from app.config.masking import mask
from app.devstack.doctor.finding import Finding, failed
from app.devstack.doctor.report import Report, as_json


def report_bad_settings(error: Exception, arguments: list[str]) -> int:
    """Print the finding, as JSON if `--json` is among the arguments, and return the exit code."""
    cause, remedy = _cause_and_remedy(mask(str(error)))
    verdict = failed("A setting in .env (or in the environment) is invalid", remedy, cause=cause)
    findings = [Finding("settings", "Settings", verdict)]
    if "--json" in arguments:
        print(as_json(findings))  # noqa: T201 - this is the command's output
        return 1
    report = Report()
    report.add(findings[0])
    report.end(findings)
    return 1


def _cause_and_remedy(message: str) -> tuple[str, str]:
    """Split a message, which ends with the fix: "X is a live key. Use a test key." or "PORT is 'a': use a number."."""
    for mark in (". ", ": "):
        cause, found, remedy = message.partition(mark)
        if found and (mark == ". " or remedy.startswith("use ")):
            return f"{cause}.", remedy[0].upper() + remedy[1:]
    return message, "Correct or remove it."
