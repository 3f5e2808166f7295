"""The return page's text for each state of an order.

Two rules: a payment that succeeded is never called failed, and nothing is called paid before Stripe confirms it.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from app.payments.models import Order


@dataclass(frozen=True)
class State:
    """A state's text for the buyer. `tone` selects the icon and color; a final state is no longer polled."""

    tone: str
    title: str | Promise
    text: str | Promise
    final: bool = True


# Stripe's messages about declined cards (Stripe: "Decline codes"), so that they can be translated.
DECLINES = (
    gettext_noop("Your card was declined."),
    gettext_noop("Your card has insufficient funds."),
    gettext_noop("Your card has expired."),
    gettext_noop("Your card's security code is incorrect."),
    gettext_noop("Your card number is incorrect."),
    gettext_noop("Your card does not support this type of purchase."),
    gettext_noop("An error occurred while processing your card. Try again in a little bit."),
)
WAITING = State(
    "wait",
    _("Waiting for Stripe’s confirmation"),
    _("Stripe notifies us as soon as the payment completes, usually within seconds. This page updates automatically."),
    final=False,
)
LEFT = State(
    "left",
    _("You left the payment page"),
    _("Your order has not been paid yet. We keep it for a while, so you can pick up where you left off."),
    final=False,
)
NOT_STARTED = State(
    "still",
    _("The payment page could not be opened"),
    _("Your order was saved, but we could not open the payment page for it. Please order again."),
    final=False,
)
STATES = {
    Order.Status.PENDING: WAITING,
    Order.Status.PROCESSING: State(
        "wait",
        _("Your payment is being processed"),
        _(
            "You have authorized the payment, and your bank is transferring the money. With this payment method, that "
            "can take from a few minutes to several days. You don’t need to do anything else; please don’t pay again."
        ),
        final=False,
    ),
    Order.Status.PAID: State("good", _("Thank you, it’s paid"), _("Stripe has confirmed your payment.")),
    Order.Status.FAILED: State(
        "bad",
        _("The payment didn’t go through"),
        _("Your bank did not complete the payment. You can order again at any time."),
    ),
    Order.Status.EXPIRED: State(
        "still", _("This checkout has expired"), _("It was not paid in time. You can order again at any time.")
    ),
    Order.Status.CANCELED: State(
        "still", _("This order was canceled"), _("It can no longer be paid. You can order again at any time.")
    ),
    Order.Status.PARTIALLY_REFUNDED: State(
        "back",
        _("Part of your payment was refunded"),
        _("It usually takes five to ten days for the money to appear on your statement."),
    ),
    Order.Status.REFUNDED: State(
        "back",
        _("Your payment was refunded"),
        _("It usually takes five to ten days for the money to appear on your statement."),
    ),
    Order.Status.DISPUTED: State(
        "check",
        _("This payment is disputed"),
        _(
            "The bank that issued your card has questioned this payment and will decide about it. "
            "Please don’t pay again in the meantime."
        ),
    ),
    Order.Status.NEEDS_REVIEW: State(
        "check",
        _("We are checking this payment"),
        _(
            "Something about it doesn’t match the order, so we are reviewing it manually. Please don’t pay again, "
            "and include the order number if you contact us."
        ),
    ),
}


def state_of(order: Order, *, canceled: bool) -> State:
    """Return the state of `order`. `canceled`: the buyer used the cancel link, which alone proves nothing."""
    if order.status == Order.Status.PENDING and not order.stripe_session_id:
        return NOT_STARTED
    if canceled and order.can_be_paid:
        return LEFT
    return STATES[Order.Status(order.status)]


def shows_reason(order: Order, state: State) -> bool:
    """Return whether the page shows the order's reason.

    Not while the confirmation is pending: after a declined card, another one may have been accepted. Not in a review
    either: that reason is for the reviewer.
    """
    return state in (LEFT, NOT_STARTED) or order.status in (Order.Status.FAILED, Order.Status.CANCELED)
