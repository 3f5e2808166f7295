"""What a person can do with an order: buttons on its page, and actions in the list."""

from collections.abc import Callable
from dataclasses import dataclass

from app.payments import review
from app.payments.admin.actions import Done
from app.payments.currencies import format_amount
from app.payments.emails import send_receipt
from app.payments.erasure import erasable, erase
from app.payments.models import Order
from app.payments.refresh import refresh_order
from app.payments.refunds import refund_order
from app.web.problems import Problem


@dataclass(frozen=True)
class OrderAction:
    """An action. `permission` names a `has_…_permission` method of the admin page."""

    name: str
    title: str  # in the list
    permission: str
    act: Callable[[Order], Done]
    is_possible: Callable[[Order], bool]
    button: Callable[[Order], str]  # the button's text on the order's page
    warning: str = ""  # what a second click confirms


def _sync(order: Order) -> Done:
    status = refresh_order(order).get_status_display().lower()
    return Done("Synced", text=f"Synced with Stripe: the order is {status}")


def _refund(order: Order) -> Done:
    return Done("Refunded", refund_order(order).amount, order.currency)


def _accept(order: Order) -> Done:
    reason = order.reason
    return Done("Accepted", review.accept(order.pk).amount_paid, order.currency, reason)


def _refund_and_close(order: Order) -> Done:
    reason, left = order.reason, order.amount_refundable
    review.refund_and_close(order.pk)
    return Done("Refunded and closed", left, order.currency, reason)


def _cancel(order: Order) -> Done:
    reason = order.reason
    review.cancel(order.pk)
    return Done("Canceled", detail=reason)


def _resend_receipt(order: Order) -> Done:
    if not _has_receipt(order):
        raise Problem(400, "no_receipt", "There is no receipt: the order is not paid, or has no email address.")
    try:
        send_receipt(order, again=True)
    except OSError as error:  # smtplib's errors are OSErrors, too
        raise Problem(502, "mail_failed", f"The mail server did not take the receipt: {error}") from error
    return Done("Sent the receipts of", text=f"Sent the receipt to {order.customer_email}")


def _erase(order: Order) -> Done:
    erase(order.pk)
    return Done("Erased the personal data of", text="Erased the personal data")


def _has_receipt(order: Order) -> bool:
    return bool(order.paid_at and order.customer_email)


def _in_review(order: Order) -> bool:
    return order.status == Order.Status.NEEDS_REVIEW


def _money(words: str, amount_of: Callable[[Order], int]) -> Callable[[Order], str]:
    return lambda order: words.format(format_amount(amount_of(order), order.currency))


ACTIONS = {
    action.name: action
    for action in (
        OrderAction(
            "accept",
            "Accept reviewed orders as paid",
            "operate",
            _accept,
            lambda order: _in_review(order) and order.is_paid,
            _money("Accept {} as paid", lambda order: order.amount_paid),
            "The order counts as paid and is fulfilled, although Stripe’s data does not match it.",
        ),
        OrderAction(
            "refund_and_close",
            "Refund and close reviewed orders",
            "operate",
            _refund_and_close,
            lambda order: _in_review(order) and order.is_paid,
            _money("Refund {} and close", lambda order: order.amount_refundable),
            "The order is not fulfilled, and the buyer gets everything back.",
        ),
        OrderAction(
            "cancel",
            "Cancel reviewed orders whose own session was not paid",
            "operate",
            _cancel,
            lambda order: _in_review(order) and not order.is_paid,
            lambda order: "Cancel the order",
            "The order’s own Checkout Session is closed, so that it can’t be paid. Refund the payment that the reason "
            "names in Stripe’s dashboard.",
        ),
        OrderAction(
            "refund",
            "Refund the remaining amount",
            "refund",
            _refund,
            lambda order: order.amount_refundable > 0 and not _in_review(order),
            _money("Refund {}", lambda order: order.amount_refundable),
            "The buyer gets everything back that is left of this payment. A refund can’t be undone.",
        ),
        OrderAction(
            "sync",
            "Sync with Stripe",
            "refund",
            _sync,
            lambda order: bool(order.stripe_session_id),
            lambda order: "Sync with Stripe",
        ),
        OrderAction(
            "resend_receipt",
            "Resend the receipt",
            "refund",
            _resend_receipt,
            _has_receipt,
            lambda order: "Resend the receipt",
        ),
        OrderAction(
            "erase",
            "Erase personal data",
            "operate",
            _erase,
            lambda order: erasable().filter(pk=order.pk).exists(),
            lambda order: "Erase personal data",
            "The buyer’s email address, name, postal address and phone number are removed from this order and its "
            "events. Amounts and dates stay. This can’t be undone. Stripe keeps its own copy.",
        ),
    )
}
