"""What comes in and goes out around an order: events, fulfillments, refunds; each can be sent on its way again."""

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from app.payments import outbox
from app.payments.admin.acting import ReadOnly, run_for_each
from app.payments.models import Fulfillment, Refund, StripeEvent
from app.payments.refunds import ask_about
from app.payments.settle import replay_event


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, admin.ModelAdmin):
    """The inbox, newest first."""

    list_display = ("stripe_id", "type", "source", "outcome", "order", "attempts", "received_at")
    list_filter = ("outcome", "paid", "source", "type")
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
        run_for_each(request, events, replay_event)


@admin.register(Fulfillment)
class FulfillmentAdmin(ReadOnly, admin.ModelAdmin):
    """What is still to be delivered, and what failed."""

    list_display = ("order", "status", "attempts", "next_attempt_at", "done_at", "error")
    list_filter = ("status",)
    list_select_related = ("order",)
    actions = ("try_again",)

    @admin.action(description="Try those that gave up once more", permissions=["operate"])
    def try_again(self, request: HttpRequest, fulfillments: QuerySet[Fulfillment]) -> None:
        """Revive the chosen dead letters."""
        run_for_each(request, fulfillments, lambda fulfillment: outbox.revive(fulfillment.pk))


@admin.register(Refund)
class RefundAdmin(ReadOnly, admin.ModelAdmin):
    """The refunds that we asked for."""

    list_display = ("order", "amount", "status", "stripe_id", "stripe_status", "created_at", "error")
    list_filter = ("status",)
    list_select_related = ("order",)
    actions = ("send_again",)

    @admin.action(description="Send again those without an answer (refunds once)", permissions=["operate"])
    def send_again(self, request: HttpRequest, refunds: QuerySet[Refund]) -> None:
        """Repeat requests whose answer was lost, unless Stripe has them."""
        run_for_each(request, refunds.filter(status=Refund.Status.REQUESTED).select_related("order"), ask_about)
