"""The admin: the catalogue can be edited; orders and events can be looked at, and acted upon, but not changed."""

import json
import uuid
from collections.abc import Callable
from typing import TypeVar

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from app.payments import inbox, outbox, review
from app.payments.models import Fulfilment, Order, OrderItem, Product, Refund, StripeEvent
from app.payments.money import format_amount
from app.payments.problems import Problem
from app.payments.refund_form import RefundForm
from app.payments.refunds import refund_order, settle
from app.payments.sync import refresh_order

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


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin[Product]):
    """The catalogue."""

    list_display = ("name", "sku", "price", "active")
    list_filter = ("active", "currency")
    search_fields = ("name", "sku")

    @admin.display(ordering="unit_amount")
    def price(self, product: Product) -> str:
        """The price in words."""
        return format_amount(product.unit_amount, product.currency)


class OrderItemInline(ReadOnly, admin.TabularInline[OrderItem, Order]):
    """The order's lines."""

    model = OrderItem
    fields = ("sku", "name", "unit_amount", "quantity")


class RefundInline(ReadOnly, admin.TabularInline[Refund, Order]):
    """The refunds that we asked for."""

    model = Refund
    fields = ("created_at", "amount", "status", "stripe_id", "stripe_status", "error")
    readonly_fields = ("stripe_status",)


class EventInline(ReadOnly, admin.TabularInline[StripeEvent, Order]):
    """The events that spoke of the order."""

    model = StripeEvent
    fields = ("received_at", "type", "outcome", "stripe_id")
    show_change_link = True


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin[Order]):
    """Orders, newest first."""

    list_display = ("id", "status", "amount", "customer_email", "created_at", "paid_at")
    list_filter = ("status", "currency", "livemode")
    search_fields = ("id", "customer_email", "stripe_session_id", "stripe_payment_intent_id")
    date_hierarchy = "created_at"
    inlines = (OrderItemInline, RefundInline, EventInline)
    exclude = ("idempotency_key", "request_fingerprint")
    actions = ("ask_stripe", "refund", "refund_part", "accept")

    @admin.display(ordering="amount_total")
    def amount(self, order: Order) -> str:
        """The total in words."""
        return format_amount(order.amount_total, order.currency)

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
        amounts = {"total": order.amount_total, "left": order.amount_refundable}
        context = {name: format_amount(amount, order.currency) for name, amount in amounts.items()}
        context |= self.admin_site.each_context(request) | {"order": order, "form": form, "title": "Refund a part"}
        return TemplateResponse(request, "admin/payments/refund_part.html", context)

    @admin.action(description="Accept what is in review: count it as paid", permissions=["operate"])
    def accept(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Let the chosen orders pass; the order's history keeps who did and what did not fit."""

        def accept(order: Order) -> None:
            reason = order.reason
            self.log_change(request, review.accept(order.pk), f"Accepted: {reason}")

        run_for_each(request, orders, accept)

    def _refund(
        self, request: HttpRequest, order: Order, minor_units: int | None = None, refund_id: uuid.UUID | None = None
    ) -> None:
        refund = refund_order(order, minor_units, refund_id=refund_id)
        self.log_change(request, order, f"Refunded {format_amount(refund.amount, order.currency)}")


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, admin.ModelAdmin[StripeEvent]):
    """The inbox, newest first."""

    list_display = ("stripe_id", "type", "source", "outcome", "order", "attempts", "received_at")
    list_filter = ("outcome", "source", "type")
    list_select_related = ("order",)
    search_fields = ("stripe_id", "order__id", "stripe_payment_intent_id")
    exclude = ("payload",)
    readonly_fields = ("pretty_payload",)
    actions = ("process_again",)

    @admin.display(description="payload")
    def pretty_payload(self, event: StripeEvent) -> SafeString:
        """The event's JSON, laid out."""
        return format_html("<pre>{}</pre>", json.dumps(json.loads(event.payload), indent=2))

    @admin.action(description="Process again", permissions=["operate"])
    def process_again(self, request: HttpRequest, events: QuerySet[StripeEvent]) -> None:
        """Replay the chosen events."""
        run_for_each(request, events, inbox.replay)


@admin.register(Fulfilment)
class FulfilmentAdmin(ReadOnly, admin.ModelAdmin[Fulfilment]):
    """What is still to be delivered, and what failed."""

    list_display = ("order", "status", "attempts", "next_attempt_at", "done_at", "error")
    list_filter = ("status",)
    list_select_related = ("order",)
    actions = ("try_again",)

    @admin.action(description="Try those that gave up once more", permissions=["operate"])
    def try_again(self, request: HttpRequest, fulfilments: QuerySet[Fulfilment]) -> None:
        """Revive the chosen dead letters."""
        run_for_each(request, fulfilments, lambda fulfilment: outbox.revive(fulfilment.pk))


@admin.register(Refund)
class RefundAdmin(ReadOnly, admin.ModelAdmin[Refund]):
    """The refunds that we asked for."""

    list_display = ("order", "amount", "status", "stripe_id", "stripe_status", "created_at", "error")
    list_filter = ("status",)
    list_select_related = ("order",)
    actions = ("send_again",)

    @admin.action(description="Send again those without an answer (refunds once)", permissions=["operate"])
    def send_again(self, request: HttpRequest, refunds: QuerySet[Refund]) -> None:
        """Repeat requests whose answer was lost, unless Stripe has them."""
        run_for_each(request, refunds.filter(status=Refund.Status.REQUESTED).select_related("order"), settle)
