"""What the return page says for each state of an order.

Two rules: money that was taken is never called failed, and nothing is called paid before Stripe has said so.
"""

from dataclasses import dataclass

from app.payments.models import Order


@dataclass(frozen=True)
class State:
    """One state in a buyer's words. `tone` picks icon and colour; a final state is not polled any more."""

    tone: str
    title: str
    text: str
    final: bool = True


WAITING = State(
    "wait",
    "Waiting for Stripe’s confirmation",
    "Stripe tells us as soon as the payment is settled. That usually takes a few seconds; this page changes by itself.",
    final=False,
)
LEFT = State(
    "left",
    "You left the payment page",
    "Nothing was charged. Your order is kept for a while, and you can go on where you left off.",
    final=False,
)
NOT_STARTED = State(
    "still",
    "The payment was not started",
    "The order is noted, but the payment page could not be opened. Nothing was charged.",
    final=False,
)
STATES = {
    Order.Status.PENDING: WAITING,
    Order.Status.PROCESSING: State(
        "wait",
        "Your payment is being processed",
        "You have authorised it, and your bank is now moving the money. With this payment method that can take "
        "from a few minutes to several days. There is nothing more to do: please don’t pay again.",
        final=False,
    ),
    Order.Status.PAID: State("good", "Thank you, it’s paid", "Your payment has arrived and Stripe has confirmed it."),
    Order.Status.FAILED: State(
        "bad",
        "The payment didn’t go through",
        "Your bank did not complete it, so we received nothing. You can order again whenever you like.",
    ),
    Order.Status.EXPIRED: State(
        "still", "This checkout has expired", "It was not paid in time. Nothing was charged; you can order again."
    ),
    Order.Status.CANCELED: State(
        "still", "This order was canceled", "Nothing was charged for it. You can order again whenever you like."
    ),
    Order.Status.PARTIALLY_REFUNDED: State(
        "back",
        "Part of your payment was refunded",
        "Banks usually need five to ten days until the money shows up on your statement.",
    ),
    Order.Status.REFUNDED: State(
        "back",
        "Your payment was refunded",
        "Banks usually need five to ten days until the money shows up on your statement.",
    ),
    Order.Status.DISPUTED: State(
        "check",
        "This payment is disputed",
        "It was paid, and the bank that issued the card has since questioned it. The bank decides; "
        "please don’t pay again in the meantime.",
    ),
    Order.Status.NEEDS_REVIEW: State(
        "check",
        "We are checking this payment",
        "Something about it doesn’t match the order, so a person will look at it. Please don’t pay again, "
        "and quote the order number when you contact us.",
    ),
}


def state_of(order: Order, *, canceled: bool) -> State:
    """The words for `order`. `canceled`: the buyer came back by the cancel link; that alone settles nothing."""
    if order.status == Order.Status.PENDING and not order.stripe_session_id:
        return NOT_STARTED
    if canceled and order.can_be_paid:
        return LEFT
    return STATES[Order.Status(order.status)]


def tells_reason(order: Order, state: State) -> bool:
    """Whether the order's reason belongs on the page.

    Not while waiting for the confirmation: a declined card may have been followed by one that paid. Not for a
    review: that reason is for those who do it.
    """
    return state in (LEFT, NOT_STARTED) or order.status in (Order.Status.FAILED, Order.Status.CANCELED)
