"""Orders: find, view, export, refund, review, sync with Stripe."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from app.payments.admin.actions import Done, ReadOnly, attempt, run_for_each
from app.payments.admin.order import page as order_page
from app.payments.admin.order import search
from app.payments.admin.order.actions import ACTIONS, OrderAction
from app.payments.admin.order.export import csv_response
from app.payments.admin.order.refund_form import RefundForm
from app.payments.currencies import format_amount
from app.payments.models import Order
from app.payments.refunds import refund_order
from app.web.problems import Problem

TITLE_OF_REFUND = "Partial refund"
SEVERAL = "Select exactly one order; you enter the amount next."


def _in_list(action: OrderAction) -> Callable[..., None]:
    """Return the action for Django's list, which runs it for each selected order."""

    def run(page: "OrderAdmin", request: HttpRequest, orders: QuerySet[Order]) -> None:
        run_for_each(page, request, orders, action.title, action.act)

    run.__name__ = action.name
    return admin.action(run, description=action.title, permissions=[action.permission])


@admin.register(Order)
class OrderAdmin(ReadOnly):
    """List orders, newest first."""

    list_display = ("number", "state", "amount", "refunded", "customer_email", "created", "paid")
    list_filter = ("status", "created_at", "currency", "livemode")
    search_fields = ("id",)  # shows the search box; `search` does the rest
    search_help_text = (
        "Email address, order number, reference, metadata, or an id from Stripe (cs_…, pi_…, ch_…, re_…, du_…, evt_…)"
    )
    date_hierarchy = "created_at"
    show_full_result_count = False  # a second count of all orders
    actions = [*map(_in_list, ACTIONS.values()), "refund_part"]
    fieldsets = (
        (
            "Details",
            {
                "classes": ["collapse"],
                "fields": ("reason_code", "reason", "livemode", "checkout_url", "return_url", "checked_at", "facts"),
            },
        ),
    )

    # The list ------------------------------------------------------------------------------------------------------

    @admin.display(description="order", ordering="id")
    def number(self, order: Order) -> SafeString:
        """Return the start of the id, which is unique enough to talk about; the search finds it."""
        return format_html('<span title="{}">{}</span>', order.pk, str(order.pk)[:8])

    @admin.display(description="status", ordering="status")
    def state(self, order: Order) -> SafeString:
        """Return the status, in its color."""
        return format_html('<b class="status {}">{}</b>', order.status, order.get_status_display())

    @admin.display(ordering="amount_total")
    def amount(self, order: Order) -> str:
        """Return the amount paid or, before payment, due."""
        return format_amount(order.amount_due, order.currency)

    @admin.display(ordering="amount_refunded")
    def refunded(self, order: Order) -> str:
        """Return the amount refunded, if any."""
        return format_amount(order.amount_refunded, order.currency) if order.amount_refunded else ""

    @admin.display(description="created (UTC)", ordering="created_at")
    def created(self, order: Order) -> str:
        """Return when the order was placed."""
        return _minute(order.created_at)

    @admin.display(description="paid (UTC)", ordering="paid_at")
    def paid(self, order: Order) -> str:
        """Return when the order was paid."""
        return _minute(order.paid_at)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Return the orders that the search means; no order matches twice."""
        try:
            found = queryset.filter(search.matching(search_term.strip())) if search_term.strip() else queryset
        except Problem as problem:
            messages.warning(request, f"Stripe could not look up {search_term.strip()}: {problem.detail}")
            found = queryset.none()
        return found, False

    @admin.action(description="Partial refund …", permissions=["refund"])
    def refund_part(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponse | None:
        """Go to the form for the amount."""
        if len(orders) == 1:
            return redirect("admin:payments_order_refund", orders[0].pk)
        messages.error(request, SEVERAL)
        return None

    # The pages -----------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the export, the form for a partial refund, and the buttons of an order's page."""
        wrap = self.admin_site.admin_view
        return [
            path("export/", wrap(require_safe(self.export)), name="payments_order_export"),
            path("<uuid:order_id>/partial-refund/", wrap(self.refund_page), name="payments_order_refund"),
            path("<uuid:order_id>/act/<slug:name>/", wrap(require_POST(self.act)), name="payments_order_act"),
            *super().get_urls(),
        ]

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may download many customers' addresses at once."""
        return bool(request.user.has_perm("payments.export_order"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, with a link to export what it shows."""
        export = self.has_export_permission(request)
        return super().changelist_view(request, {**(extra_context or {}), "has_export_permission": export})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the order's page."""
        order = self.get_object(request, object_id)
        if order and request.method == "GET" and self.has_view_permission(request, order):
            extra_context = (extra_context or {}) | order_page.context(self, request, order)
        return super().change_view(request, object_id, form_url, extra_context)

    def act(self, request: HttpRequest, order_id: uuid.UUID, name: str) -> HttpResponse:
        """Run the action of a button, then show the order's page again."""
        order = get_object_or_404(Order, pk=order_id)
        action = ACTIONS.get(name)
        if action is None:
            raise Http404
        if not getattr(self, f"has_{action.permission}_permission")(request):
            raise PermissionDenied
        return self._done(request, order, attempt(self, request, order, action.title, action.act))

    def refund_page(self, request: HttpRequest, order_id: uuid.UUID) -> HttpResponse:
        """Ask for an amount, or refund it."""
        order = get_object_or_404(Order, pk=order_id)
        if not self.has_refund_permission(request):
            raise PermissionDenied
        form = RefundForm(order, request.POST if request.method == "POST" else None)
        if form.is_valid():

            def refund(order: Order) -> Done:
                made = refund_order(order, form.minor_units, refund_id=form.cleaned_data["refund_id"])
                return Done("Refunded", made.amount, order.currency)

            return self._done(request, order, attempt(self, request, order, TITLE_OF_REFUND, refund))
        amounts = {"total": order.amount_paid, "left": order.amount_refundable}
        context = {name: format_amount(amount, order.currency) for name, amount in amounts.items()}
        context |= self.admin_site.each_context(request) | {"order": order, "form": form, "title": TITLE_OF_REFUND}
        return TemplateResponse(request, "admin/payments/refund.html", context)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Download the orders of the list, with its search and filters, as CSV."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        try:
            orders = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return redirect("admin:payments_order_changelist")
        LogEntry.objects.create(
            user=cast(User, request.user),
            content_type=ContentType.objects.get_for_model(Order),
            object_repr="orders",
            action_flag=CHANGE,
            change_message=f"Exported {orders.count()} orders as CSV",
        )
        return csv_response(orders)

    def _done(self, request: HttpRequest, order: Order, done: Done | None) -> HttpResponse:
        if done:
            messages.success(request, f"{done}.")
        return redirect(reverse("admin:payments_order_change", args=[order.pk]))


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""
