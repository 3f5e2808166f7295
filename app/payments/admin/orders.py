"""Orders: view, refund, review, sync with Stripe."""

import uuid
from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from app.payments import review
from app.payments.admin.actions import ReadOnly, run_for_each
from app.payments.admin.refund_form import RefundForm
from app.payments.currencies import format_amount
from app.payments.models import Order, OrderItem, Refund, StripeEvent
from app.payments.refresh import refresh_order
from app.payments.refunds import refund_order


class OrderItemInline(ReadOnly, admin.TabularInline):
    """Show the order's lines."""

    model = OrderItem
    fields = ("sku", "name", "unit_amount", "quantity")


class RefundInline(ReadOnly, admin.TabularInline):
    """Show the refunds that we requested."""

    model = Refund
    fields = ("created_at", "amount", "status", "stripe_id", "stripe_status", "error")
    readonly_fields = ("stripe_status",)


class EventInline(ReadOnly, admin.TabularInline):
    """Show the order's events."""

    model = StripeEvent
    fields = ("received_at", "type", "outcome", "stripe_id")
    show_change_link = True


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin):
    """List orders, newest first."""

    list_display = ("id", "status", "amount", "customer_email", "created_at", "paid_at")
    list_filter = ("status", "currency", "livemode")
    search_fields = ("id", "customer_email", "stripe_session_id", "stripe_payment_intent_id")
    date_hierarchy = "created_at"
    inlines = (OrderItemInline, RefundInline, EventInline)
    exclude = ("idempotency_key", "request_fingerprint")
    actions = ("ask_stripe", "refund", "refund_part", "accept", "refund_and_close", "cancel")

    @admin.display(ordering="amount_total")
    def amount(self, order: Order) -> str:
        """Return the amount paid or, before payment, due."""
        return format_amount(order.amount_due, order.currency)

    @admin.action(description="Sync with Stripe", permissions=["operate"])
    def ask_stripe(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Sync the selected orders with Stripe."""
        run_for_each(request, orders, refresh_order, "Synced")

    @admin.action(description="Refund the remaining amount", permissions=["operate"])
    def refund(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Refund the remaining amount of the selected orders."""

        run_for_each(request, orders, lambda order: self._refund(request, order), "Refunded")

    @admin.action(description="Partial refund …", permissions=["operate"])
    def refund_part(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponse | None:
        """Ask for an amount, then refund it."""
        if len(orders) != 1:
            messages.error(request, "Select exactly one order; you enter the amount next.")
            return None
        order = orders[0]
        form = RefundForm(order, request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            part = (form.minor_units, form.cleaned_data["refund_id"])
            amount = format_amount(form.minor_units, order.currency)
            done = f"Refunded {amount} of"
            run_for_each(request, orders, lambda order: self._refund(request, order, *part), done)
            return None
        amounts = {"total": order.amount_paid, "left": order.amount_refundable}
        context = {name: format_amount(amount, order.currency) for name, amount in amounts.items()}
        context |= self.admin_site.each_context(request) | {"order": order, "form": form, "title": "Partial refund"}
        return TemplateResponse(request, "admin/payments/refund_part.html", context)

    @admin.action(description="Accept reviewed orders as paid", permissions=["operate"])
    def accept(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Accept the selected orders as paid; each order's history records who did so and what did not match."""
        self._close(request, orders, review.accept, "Accepted")

    @admin.action(description="Refund and close reviewed orders", permissions=["operate"])
    def refund_and_close(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Refund the selected orders in full, without fulfilling them."""
        self._close(request, orders, review.refund_and_close, "Refunded and closed")

    @admin.action(description="Cancel reviewed orders whose own session was not paid", permissions=["operate"])
    def cancel(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Expire the selected orders' own Checkout Sessions."""
        self._close(request, orders, review.cancel, "Canceled")

    def _close(
        self, request: HttpRequest, orders: QuerySet[Order], decide: Callable[[uuid.UUID], Order], word: str
    ) -> None:
        def close(order: Order) -> None:
            reason = order.reason
            self.log_change(request, decide(order.pk), f"{word}: {reason}")

        run_for_each(request, orders, close, word)

    def _refund(
        self, request: HttpRequest, order: Order, minor_units: int | None = None, refund_id: uuid.UUID | None = None
    ) -> None:
        refund = refund_order(order, minor_units, refund_id=refund_id)
        self.log_change(request, order, f"Refunded {format_amount(refund.amount, order.currency)}")
