"""Events, fulfillments, messages and refunds: view them and retry them."""

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from app.payments import outbox
from app.payments.admin.actions import Done, ReadOnly, run_for_each
from app.payments.currencies import format_amount
from app.payments.models import Fulfillment, Message, Refund, StripeEvent
from app.payments.refunds import resolve
from app.payments.settle import replay_event
from app.web.problems import Problem


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly):
    """List received events, newest first."""

    list_display = ("stripe_id", "type", "source", "outcome", "order", "attempts", "received_at")
    list_filter = ("outcome", "paid", "source", "type")
    list_select_related = ("order",)
    search_fields = ("stripe_id", "order__id", "stripe_payment_intent_id")
    exclude = ("payload",)
    readonly_fields = ("pretty_payload",)
    actions = ("process_again",)

    @admin.display(description="payload")
    def pretty_payload(self, event: StripeEvent) -> SafeString:
        """Return the event's JSON, indented."""
        return format_html("<pre>{}</pre>", json.dumps(json.loads(event.payload), indent=2))

    @admin.action(description="Replay", permissions=["operate"])
    def process_again(self, request: HttpRequest, events: QuerySet[StripeEvent]) -> None:
        """Replay the selected events."""

        def replay(event: StripeEvent) -> Done:
            return Done("Replayed", detail=replay_event(event).get_outcome_display())

        run_for_each(self, request, events, "Replay", replay)


@admin.register(Fulfillment)
class FulfillmentAdmin(ReadOnly):
    """List fulfillments: pending, done and failed."""

    list_display = ("order", "status", "attempts", "next_attempt_at", "done_at", "error")
    list_filter = ("status",)
    list_select_related = ("order",)
    actions = ("try_again",)

    @admin.action(description="Retry failed fulfillments", permissions=["operate"])
    def try_again(self, request: HttpRequest, fulfillments: QuerySet[Fulfillment]) -> None:
        """Retry the selected dead letters."""
        dead = fulfillments.filter(status=Fulfillment.Status.DEAD)

        def retry(fulfillment: Fulfillment) -> Done:
            outbox.requeue(fulfillment.pk)
            return Done("Queued", detail=fulfillment.error)

        run_for_each(self, request, dead, "Retry", retry)


@admin.register(Message)
class MessageAdmin(ReadOnly):
    """List the emails and webhooks about orders, newest first."""

    list_display = ("__str__", "order", "status", "attempts", "created_at", "done_at", "error")
    list_filter = ("status", "channel", "type")
    list_select_related = ("order",)
    search_fields = ("id", "order__id")
    fields = (
        "id",
        "channel",
        "type",
        "order",
        "status",
        "attempts",
        "error",
        "created_at",
        "next_attempt_at",
        "done_at",
    )
    readonly_fields = ("id",)
    actions = ("send_again",)

    @admin.action(description="Replay (receivers get the same id)", permissions=["operate"])
    def send_again(self, request: HttpRequest, selected: QuerySet[Message]) -> None:
        """Send the selected messages again: dead letters, and those that were delivered."""

        def replay(message: Message) -> Done:
            if message.status not in Message.REPEATABLE:
                raise Problem(400, "message_queued", "This message is already queued.")
            outbox.requeue(message.pk, Message)
            return Done("Queued", detail=str(message))

        run_for_each(self, request, selected, "Replay", replay)


@admin.register(Refund)
class RefundAdmin(ReadOnly):
    """List the refunds that we requested."""

    list_display = ("order", "money", "status", "stripe_id", "stripe_status", "created_at", "error")
    list_filter = ("status",)
    list_select_related = ("order",)
    fields = ("order", "money", "status", "stripe_id", "stripe_status", "error", "attempt", "created_at")
    readonly_fields = ("money", "stripe_status")
    actions = ("send_again",)

    @admin.display(description="amount", ordering="amount")
    def money(self, refund: Refund) -> str:
        """Return the formatted amount."""
        return format_amount(refund.amount, refund.order.currency)

    @admin.action(description="Resend unanswered refunds (never refunds twice)", permissions=["refund"])
    def send_again(self, request: HttpRequest, refunds: QuerySet[Refund]) -> None:
        """Resend refunds without a response from Stripe, unless Stripe already has them."""
        unanswered = refunds.filter(status=Refund.Status.REQUESTED).select_related("order")

        def resend(refund: Refund) -> Done:
            resolve(refund)
            return Done("Resent", refund.amount, refund.order.currency)

        run_for_each(self, request, unanswered, "Resend", resend)
