"""Read-only rows with actions, for all admin pages. Every action is recorded in Django's admin log."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from app.payments.currencies import format_amount
from app.web.problems import Problem

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Done:
    """What an action did to one row: `str()` is "Refunded 5.00 USD", with `detail` after it, or `text` instead.

    `verb` goes with the rows' noun: "Refunded 2 orders". The amount is in minor units.
    """

    verb: str
    amount: int | None = None
    currency: str = ""
    detail: str = ""
    text: str = ""

    def __str__(self) -> str:
        amount = "" if self.amount is None else f" {format_amount(self.amount, self.currency)}"
        return self.text or f"{self.verb}{amount}{': ' if self.detail else ''}{self.detail}"


class ReadOnly(ModelAdmin):
    """Forbid adding, changing and deleting: Stripe's data is not ours to edit. Each action needs its permission."""

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
        """Return whether the user may run all actions."""
        return bool(request.user.has_perm("payments.change_order"))

    def has_refund_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may refund orders, sync them and resend receipts."""
        return bool(request.user.has_perm("payments.refund_order")) or self.has_operate_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, or run an action. Raises PermissionDenied for an action that the user may not run.

        Django only ignores such an action, as if none had been selected.
        """
        ours = {getattr(action, "__name__", action) for action in self.actions or ()}
        if ours.intersection(request.POST.getlist("action")) - self.get_actions(request).keys():
            raise PermissionDenied
        return super().changelist_view(request, extra_context)


def attempt(page: ModelAdmin, request: HttpRequest, row: Row, title: str, act: Callable[[Row], Done]) -> Done | None:
    """Act on one row and log what was done, by whom. If that fails, log and show why, and return None."""
    try:
        done = act(row)
    except Problem as problem:
        page.log_change(request, row, f"{title}: {problem.detail}")
        messages.error(request, f"{row}: {problem.detail}")
        return None
    page.log_change(request, row, str(done))
    return done


def run_for_each(
    page: ModelAdmin, request: HttpRequest, rows: QuerySet[Row], title: str, act: Callable[[Row], Done]
) -> None:
    """Act on every selected row and report the result, like "Refunded 2 orders (15.00 USD)."

    A failure does not stop the rest. `title` names the action in the log of a row where it failed.
    """
    results = [done for row in rows if (done := attempt(page, request, row, title, act))]
    for verb, count in Counter(done.verb for done in results).items():
        noun = rows.model._meta.verbose_name if count == 1 else rows.model._meta.verbose_name_plural
        messages.success(request, f"{verb} {count} {noun}{_sums(done for done in results if done.verb == verb)}.")


def _sums(results: Iterable[Done]) -> str:
    sums: Counter[str] = Counter()
    for done in results:
        if done.amount is not None:
            sums[done.currency] += done.amount
    words = ", ".join(format_amount(amount, currency) for currency, amount in sums.items())
    return f" ({words})" if words else ""
