"""Change what the payment page offers, beyond the CHECKOUT_… settings. This is the file to edit."""

from typing import TYPE_CHECKING

from app.payments.models import Order

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams


def customize_session(order: Order, params: "SessionCreateParams") -> "SessionCreateParams":
    """Return the parameters of the order's Checkout Session (Stripe: "Create a Checkout Session").

    `params` are those of the order and of the CHECKOUT_… settings; add or change any of Stripe's. The result must
    depend only on the order: if Stripe's response is lost, the same call is repeated. `order.lines` are what was
    chosen, and `order.reference` and `order.metadata` what your frontend sent.

    For example, let the buyer change the quantities, and ask for a name to engrave:

        for line in params["line_items"]:
            line["adjustable_quantity"] = {"enabled": True, "maximum": 10}
        label = {"type": "custom", "custom": "Name to engrave"}
        return {**params, "custom_fields": [{"key": "engraving", "type": "text", "label": label}]}

    What the order and its payment rely on can't be changed: the app does not start, and names the parameter.
    """
    return params
