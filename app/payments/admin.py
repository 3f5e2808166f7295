"""The admin: the catalogue can be edited; orders and events can only be looked at."""

import json

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from app.payments.models import Fulfilment, Order, OrderItem, Product, StripeEvent
from app.payments.money import format_amount


class ReadOnly:
    """No adding, changing or deleting: what Stripe told us is not ours to edit."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody deletes."""
        return False


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
    inlines = (OrderItemInline, EventInline)
    exclude = ("idempotency_key", "request_fingerprint")

    @admin.display(ordering="amount_total")
    def amount(self, order: Order) -> str:
        """The total in words."""
        return format_amount(order.amount_total, order.currency)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, admin.ModelAdmin[StripeEvent]):
    """The inbox, newest first."""

    list_display = ("stripe_id", "type", "outcome", "order", "attempts", "received_at")
    list_filter = ("outcome", "type")
    list_select_related = ("order",)
    search_fields = ("stripe_id", "order__id", "stripe_payment_intent_id")
    exclude = ("payload",)
    readonly_fields = ("pretty_payload",)

    @admin.display(description="payload")
    def pretty_payload(self, event: StripeEvent) -> SafeString:
        """The event's JSON, laid out."""
        return format_html("<pre>{}</pre>", json.dumps(json.loads(event.payload), indent=2))


@admin.register(Fulfilment)
class FulfilmentAdmin(ReadOnly, admin.ModelAdmin[Fulfilment]):
    """What is still to be delivered, and what failed."""

    list_display = ("order", "status", "attempts", "next_attempt_at", "done_at", "error")
    list_filter = ("status",)
    list_select_related = ("order",)
