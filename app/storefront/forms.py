"""The shop's form, as browsers without JavaScript submit it."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from app.payments.api.checkout import fingerprint
from app.payments.api.schemas import CheckoutIn
from app.web.problems import Problem

QUANTITY = "quantity-"  # then the product's sku
# For buyers, by the problem's code. What Stripe or the network reported goes to the log.
UNAVAILABLE = _("The payment page can’t be opened right now. Please try again in a few minutes.")
MESSAGES: dict[str, str | Promise] = {
    "amount_too_large": _("The total is above the maximum for one payment."),
    "amount_too_small": _("The total is below the minimum for one payment."),
    "bad_quantity": _("That is more than one order can hold."),
    "mixed_currencies": _("These products use different currencies. Please buy them separately."),
    "nothing_chosen": _("Please choose at least one product."),
    "order_closed": _("This order is closed. Please load the page again, and order again."),
    "too_many_requests": _("Too many attempts. Please try again in {seconds} seconds."),
    "unknown_product": _("One of the products is no longer for sale. Please load the page again."),
}


def message_for(problem: Problem) -> str:
    """Return the problem's text for the buyer, in the active language."""
    if problem.status >= 500:
        return str(UNAVAILABLE)
    return str(MESSAGES.get(problem.code, problem.detail)).replace("{seconds}", str(problem.retry_after))


def quantities(fields: Mapping[str, str]) -> dict[str, int]:
    """Return the quantity of each SKU in the form; a value that is not a number counts as 0."""
    return {
        name.removeprefix(QUANTITY): int(value)
        for name, value in fields.items()
        if name.startswith(QUANTITY) and re.fullmatch(r"[0-9]{1,6}", value)
    }


def checkout_choice(fields: Mapping[str, str]) -> CheckoutIn:
    """Return the checkout that the form describes; raises Problem 400 if nothing or too much was chosen."""
    items = [{"sku": sku, "quantity": count} for sku, count in quantities(fields).items() if count]
    if not items:
        raise Problem(400, "nothing_chosen", str(MESSAGES["nothing_chosen"]))
    try:
        return CheckoutIn.model_validate({"items": items})
    except ValidationError as error:
        raise Problem(400, "bad_quantity", str(MESSAGES["bad_quantity"])) from error


def idempotency_key(fields: Mapping[str, str], choice: CheckoutIn) -> str:
    """Return one key per rendered page and cart: submitting a form twice creates one order, a changed cart another."""
    intent = re.sub(r"[^0-9a-f-]", "", fields.get("intent", ""))[:36]
    return f"form-{intent}-{fingerprint(choice)[:32]}" if intent else ""
