"""The types of Stripe's events that tell something about an order. In every mode these reach the app, and no others.

`scripts/stripe-listen` has the same list, for the container that has no Python.
"""

EVENT_TYPES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
)


def listen_command(forward_to: str, program: str = "stripe") -> list[str]:
    """Return the command that brings these events from Stripe to the URL `forward_to`.

    Every version of the Stripe CLI accepts a list of events; some exit when `--events` is missing.
    """
    return [program, "listen", "--skip-update", "--events", ",".join(EVENT_TYPES), "--forward-to", forward_to]
