"""`stripe trigger`: all its events about one-time payments."""

import re

import pytest

from tests.cli.cli import Cli
from tests.support.waiting import until

pytestmark = pytest.mark.cli

FAMILIES = (
    "checkout.session.", "payment_intent.", "charge.", "product.", "price.", "customer.", "coupon.", "promotion_code.",
    "tax_rate.", "invoice.", "invoiceitem.", "payment_method.attached", "payment_method.detached",
)  # fmt: skip
OFFERED = [
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.failed",
    "charge.refund.updated",
    "charge.refunded",
    "charge.succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "coupon.created",
    "coupon.deleted",
    "coupon.updated",
    "customer.created",
    "customer.deleted",
    "customer.discount.created",
    "customer.discount.deleted",
    "customer.discount.updated",
    "customer.source.created",
    "customer.source.updated",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.created",
    "invoice.deleted",
    "invoice.finalized",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.payment_succeeded",
    "invoice.sent",
    "invoice.updated",
    "invoice.voided",
    "invoiceitem.created",
    "invoiceitem.deleted",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.partially_funded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payment_method.attached",
    "payment_method.detached",
    "price.created",
    "price.updated",
    "product.created",
    "product.deleted",
    "product.updated",
    "promotion_code.created",
    "promotion_code.updated",
    "tax_rate.created",
    "tax_rate.updated",
]
# Events that Stripe sends besides the triggered one.
SIDE_EFFECTS = {
    "charge.captured": {"payment_intent.amount_capturable_updated", "payment_intent.succeeded"},
    "charge.dispute.closed": {"charge.succeeded", "charge.dispute.created"},  # an inquiry: no money is taken
    "charge.dispute.created": {"charge.succeeded", "payment_intent.succeeded"},
    "charge.failed": {"payment_intent.payment_failed"},
    "charge.refunded": {"charge.succeeded", "refund.created"},
    "charge.refund.updated": {"charge.refunded", "refund.created", "refund.updated"},
    "checkout.session.async_payment_failed": {"checkout.session.completed", "payment_intent.payment_failed"},
    "checkout.session.async_payment_succeeded": {"checkout.session.completed", "payment_intent.succeeded"},
    "checkout.session.completed": {"payment_intent.created", "payment_intent.succeeded", "charge.succeeded"},
    "invoice.paid": {"invoiceitem.created", "invoice.created", "invoice.finalized", "payment_intent.succeeded"},
    "invoice.payment_failed": {"payment_intent.payment_failed", "charge.failed"},
    "invoice.payment_action_required": {"payment_intent.requires_action", "invoice.payment_failed"},
    "payment_intent.canceled": {"payment_intent.created"},
    "payment_intent.payment_failed": {"payment_intent.created", "charge.failed"},
    "payment_intent.succeeded": {"payment_intent.created", "charge.succeeded"},
    "price.created": {"product.created"},
    "promotion_code.created": {"coupon.created"},
}


def events(cli: Cli) -> set[str]:
    """Return the types of all events."""
    return {event["type"] for event in cli.stripe.call("GET", "/v1/events", limit="100")[1]["data"]}


def test_the_list_is_what_the_cli_offers(cli: Cli) -> None:
    offered = re.findall(r"^ +([a-z_]+\.[a-z_.]+)$", cli.run("trigger", "--help").stdout, re.M)
    assert [name for name in offered if name.startswith(FAMILIES)] == OFFERED


@pytest.mark.parametrize("event", OFFERED)
def test_a_trigger_creates_its_event(cli: Cli, event: str) -> None:
    result = cli.run("trigger", event)
    assert "Trigger succeeded" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 0
    expected = {event} | SIDE_EFFECTS.get(event, set())
    until(lambda: expected <= events(cli), f"the events {expected}")


def test_parameters_can_be_overridden(cli: Cli) -> None:
    cli.run("trigger", "payment_intent.succeeded", "--override", "payment_intent:amount=4711")
    assert cli.stripe.client.v1.payment_intents.list().data[0].amount == 4711


def test_a_triggered_event_reaches_a_listener(cli: Cli) -> None:
    with cli.listen(events=["checkout.session.completed"]) as listening:
        cli.run("trigger", "checkout.session.completed")
        listening.await_output("--> checkout.session.completed [evt_")
