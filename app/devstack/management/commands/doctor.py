"""`manage.py doctor`: checks every link and says what to do. Exit code 0 when everything works, else 1."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from app.devstack.doctor.finding import is_healthy
from app.devstack.doctor.report import Report, as_json
from app.devstack.doctor.runner import CHECKS, examine


class Command(BaseCommand):
    """Runs the doctor in a terminal."""

    help = "Check every link between Stripe, this app and other PCs, and say what to do about what is broken."
    requires_system_checks: list[str] = []  # the doctor tells more than they do, and must run when they fail

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--json` and `--without`."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")
        parser.add_argument(
            "--without",
            action="append",
            default=[],
            choices=[check.name for check in CHECKS],
            help="leave a check out (may be repeated)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine, and exit with 1 when something is broken."""
        if options["json"]:
            findings = list(examine(without=options["without"]))
            sys.stdout.write(as_json(findings) + "\n")
        else:
            report = Report(sys.stdout)
            findings = []
            for finding in examine(without=options["without"], starting=lambda check: report.begin(check.title)):
                findings.append(finding)
                report.add(finding)
            report.end(findings)
        sys.exit(0 if is_healthy(findings) else 1)
