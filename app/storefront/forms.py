"""The shop's form, as browsers without JavaScript submit it."""

import re
from collections.abc import Mapping

from pydantic import ValidationError

from app.payments.api.checkout import fingerprint
from app.payments.api.schemas import CheckoutIn
from app.web.problems import Problem

QUANTITY = "quantity-"  # then the product's sku


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
        raise Problem(400, "nothing_chosen", "Please choose at least one product.")
    try:
        return CheckoutIn.model_validate({"items": items})
    except ValidationError as error:
        raise Problem(400, "bad_quantity", "That is more than one order can hold.") from error


def idempotency_key(fields: Mapping[str, str], choice: CheckoutIn) -> str:
    """Return one key per rendered page and cart: submitting a form twice creates one order, a changed cart another."""
    intent = re.sub(r"[^0-9a-f-]", "", fields.get("intent", ""))[:36]
    return f"form-{intent}-{fingerprint(choice)[:32]}" if intent else ""
