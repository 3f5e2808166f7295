"""No secret in a log or on a crash page."""

import logging

from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter

from app.config.masking import mask


class MaskedFormatter(logging.Formatter):
    """Log lines, tracebacks included, with every key and signing secret cut to its prefix."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return mask(super().format(record))


class MaskedReporter(ExceptionReporter):
    """Django's crash pages (DEBUG=1) without secrets, those in local variables and in URLs included."""

    def get_traceback_html(self) -> SafeString:
        """The page."""
        return mark_safe(mask(super().get_traceback_html()))  # noqa: S308 - as safe as it was

    def get_traceback_text(self) -> SafeString:
        """The page for who asks for plain text."""
        return mark_safe(mask(super().get_traceback_text()))  # noqa: S308
