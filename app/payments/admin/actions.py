"""Read-only rows with actions, for all admin pages."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from app.web.problems import Problem

Row = TypeVar("Row", bound=models.Model)


class ReadOnly:
    """Forbid adding, changing and deleting: Stripe's data is not ours to edit. Actions need the change permission."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Forbid adding."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Forbid changing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Forbid deleting."""
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may run the actions."""
        return request.user.has_perm("payments.change_order")


def run_for_each(request: HttpRequest, rows: QuerySet[Row], act: Callable[[Row], object], done: str) -> None:
    """Call `act` for every selected row and report the result; an error does not stop the rest.

    `done` is the message's verb, like "Refunded"; the number of rows follows it.
    """
    count = 0
    for row in rows:
        try:
            act(row)
        except Problem as problem:
            messages.error(request, f"{row}: {problem.detail}")
        else:
            count += 1
    if count:
        noun = rows.model._meta.verbose_name if count == 1 else rows.model._meta.verbose_name_plural
        messages.success(request, f"{done} {count} {noun}.")
