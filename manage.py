#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run the management command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.config.settings")
    try:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import DatabaseError
    except ModuleNotFoundError:
        sys.exit(
            "manage.py: this Python has no Django. Type `. .venv/bin/activate` first, or use ./scripts/run instead."
        )

    from app.config.masking import replace_what_can_not_be_shown
    from app.config.running import join

    replace_what_can_not_be_shown()
    if warning := join(Path(__file__).resolve().parent, os.environ):
        sys.stderr.write(f"manage.py: {warning}\n")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if sys.argv[1:2] != ["doctor"]:
            sys.exit(f"manage.py: {error}")
        from app.devstack.doctor.bad_settings import report_bad_settings

        sys.exit(report_bad_settings(error, sys.argv[2:]))
    except DatabaseError as error:
        from app.config.database import explain

        if explanation := explain(error, settings.DATABASES["default"]):
            sys.exit(f"manage.py: {explanation}")
        raise


if __name__ == "__main__":
    main()
