"""What the pages share: rows are looked at, and acted upon, but not changed."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from app.web.problems import Problem

Row = TypeVar("Row", bound=models.Model)


class ReadOnly:
    """No adding, changing or deleting: what Stripe told us is not ours to edit. Actions need the change permission."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody deletes."""
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may run the actions."""
        return request.user.has_perm("payments.change_order")


def run_for_each(request: HttpRequest, rows: QuerySet[Row], act: Callable[[Row], object]) -> None:
    """Act on every chosen row and say how it went; one that fails does not keep the others."""
    done = 0
    for row in rows:
        try:
            act(row)
        except Problem as problem:
            messages.error(request, f"{row}: {problem.detail}")
        else:
            done += 1
    if done:
        messages.success(request, f"Done: {done}")
