"""Orders: look, refund, accept, ask Stripe."""

import uuid
from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from app.payments import review
from app.payments.admin.acting import ReadOnly, run_for_each
from app.payments.admin.refund_form import RefundForm
from app.payments.currencies import format_amount
from app.payments.models import Order, OrderItem, Refund, StripeEvent
from app.payments.refresh import refresh_order
from app.payments.refunds import refund_order


class OrderItemInline(ReadOnly, admin.TabularInline):
    """The order's lines."""

    model = OrderItem
    fields = ("sku", "name", "unit_amount", "quantity")


class RefundInline(ReadOnly, admin.TabularInline):
    """The refunds that we asked for."""

    model = Refund
    fields = ("created_at", "amount", "status", "stripe_id", "stripe_status", "error")
    readonly_fields = ("stripe_status",)


class EventInline(ReadOnly, admin.TabularInline):
    """The events that spoke of the order."""

    model = StripeEvent
    fields = ("received_at", "type", "outcome", "stripe_id")
    show_change_link = True


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin):
    """Orders, newest first."""

    list_display = ("id", "status", "amount", "customer_email", "created_at", "paid_at")
    list_filter = ("status", "currency", "livemode")
    search_fields = ("id", "customer_email", "stripe_session_id", "stripe_payment_intent_id")
    date_hierarchy = "created_at"
    inlines = (OrderItemInline, RefundInline, EventInline)
    exclude = ("idempotency_key", "request_fingerprint")
    actions = ("ask_stripe", "refund", "refund_part", "accept", "refund_and_close", "cancel")

    @admin.display(ordering="amount_total")
    def amount(self, order: Order) -> str:
        """What was paid or, before that, asked for."""
        return format_amount(order.amount_due, order.currency)

    @admin.action(description="Ask Stripe and bring up to date", permissions=["operate"])
    def ask_stripe(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Sync the chosen orders with Stripe."""
        run_for_each(request, orders, refresh_order)

    @admin.action(description="Refund all that is left", permissions=["operate"])
    def refund(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Refund the chosen orders in full."""

        def refund(order: Order) -> None:
            self._refund(request, order)

        run_for_each(request, orders, refund)

    @admin.action(description="Refund a part of one order …", permissions=["operate"])
    def refund_part(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponse | None:
        """Ask for the amount, then refund it."""
        if len(orders) != 1:
            messages.error(request, "Choose one order: the amount is asked for next.")
            return None
        order = orders[0]
        form = RefundForm(order, request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            part = (form.minor_units, form.cleaned_data["refund_id"])
            run_for_each(request, orders, lambda order: self._refund(request, order, *part))
            return None
        amounts = {"total": order.amount_paid, "left": order.amount_refundable}
        context = {name: format_amount(amount, order.currency) for name, amount in amounts.items()}
        context |= self.admin_site.each_context(request) | {"order": order, "form": form, "title": "Refund a part"}
        return TemplateResponse(request, "admin/payments/refund_part.html", context)

    @admin.action(description="Accept reviewed orders as paid", permissions=["operate"])
    def accept(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Count the chosen orders as paid; the order's history keeps who did and what did not match."""
        self._close(request, orders, review.accept, "Accepted")

    @admin.action(description="Refund and close reviewed orders", permissions=["operate"])
    def refund_and_close(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Give back all that was paid for the chosen orders; nothing is delivered."""
        self._close(request, orders, review.refund_and_close, "Refunded and closed")

    @admin.action(description="Cancel reviewed orders that were not paid themselves", permissions=["operate"])
    def cancel(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Close the chosen orders' own Checkout Sessions."""
        self._close(request, orders, review.cancel, "Canceled")

    def _close(
        self, request: HttpRequest, orders: QuerySet[Order], decide: Callable[[uuid.UUID], Order], word: str
    ) -> None:
        def close(order: Order) -> None:
            reason = order.reason
            self.log_change(request, decide(order.pk), f"{word}: {reason}")

        run_for_each(request, orders, close)

    def _refund(
        self, request: HttpRequest, order: Order, minor_units: int | None = None, refund_id: uuid.UUID | None = None
    ) -> None:
        refund = refund_order(order, minor_units, refund_id=refund_id)
        self.log_change(request, order, f"Refunded {format_amount(refund.amount, order.currency)}")
