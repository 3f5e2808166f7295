"""Keep secrets out of logs and error pages."""

import logging

from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter

from app.config.masking import mask


class MaskedFormatter(logging.Formatter):
    """Format log lines and tracebacks with secrets masked."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return mask(super().format(record))


class MaskedReporter(ExceptionReporter):
    """Render Django's error pages (DEBUG=1) with secrets masked, including those in local variables and URLs."""

    def get_traceback_html(self) -> SafeString:
        """Return the page as HTML."""
        return mark_safe(mask(super().get_traceback_html()))  # noqa: S308 - masking adds no markup

    def get_traceback_text(self) -> SafeString:
        """Return the page as plain text."""
        return mark_safe(mask(super().get_traceback_text()))  # noqa: S308
