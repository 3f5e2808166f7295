"""The doctor's answer when the settings can't even be loaded, so that there is no Django to ask."""

from app.devstack.doctor.finding import Finding, failed
from app.devstack.doctor.masking import masked
from app.devstack.doctor.report import Report, as_json


def report_bad_settings(error: Exception, arguments: list[str]) -> int:
    """Print the one finding that there is, as JSON if `--json` is among the arguments; the exit code."""
    # "STRIPE_SECRET_KEY is a live key: real money. Use a test key (…)": what is wrong, then what to do.
    cause, _, remedy = masked(str(error)).partition(". ")
    verdict = failed("A setting in .env (or in the environment) is refused", remedy or "Correct it.", cause=f"{cause}.")
    findings = [Finding("settings", "Settings", verdict)]
    if "--json" in arguments:
        print(as_json(findings))  # noqa: T201 - this is the command's output
        return 1
    report = Report()
    report.add(findings[0])
    report.end(findings)
    return 1
