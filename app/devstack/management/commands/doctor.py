"""`manage.py doctor`: check every link and say how to fix what is broken. Exit code 0 if everything works, else 1."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from app.devstack.doctor.finding import is_healthy
from app.devstack.doctor.report import Report, as_json
from app.devstack.doctor.runner import CHECKS, run_checks


class Command(BaseCommand):
    """Run the doctor in a terminal."""

    help = "Check every link between Stripe, this app and other PCs, and say how to fix what is broken."
    requires_system_checks: list[str] = []  # the doctor covers more, and must run when they fail

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--json` and `--without`."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")
        parser.add_argument(
            "--without",
            action="append",
            default=[],
            choices=[check.name for check in CHECKS],
            help="leave a check out (may be repeated)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the checks; exit with 1 if something is broken."""
        if options["json"]:
            findings = list(run_checks(without=options["without"]))
            sys.stdout.write(as_json(findings) + "\n")
        else:
            report = Report(sys.stdout)
            findings = []
            for finding in run_checks(without=options["without"], starting=lambda check: report.begin(check.title)):
                findings.append(finding)
                report.add(finding)
            report.end(findings)
        sys.exit(0 if is_healthy(findings) else 1)
