"""The shop's form as browsers without JavaScript post it."""

import re
from collections.abc import Mapping

from pydantic import ValidationError

from app.payments.api.checkout import fingerprint
from app.payments.api.schemas import CheckoutIn
from app.web.problems import Problem

QUANTITY = "quantity-"  # then the product's sku


def quantities(fields: Mapping[str, str]) -> dict[str, int]:
    """How many of each sku the form asks for; what is not a number counts as none."""
    return {
        name.removeprefix(QUANTITY): int(value)
        for name, value in fields.items()
        if name.startswith(QUANTITY) and re.fullmatch(r"[0-9]{1,6}", value)
    }


def checkout_choice(fields: Mapping[str, str]) -> CheckoutIn:
    """The checkout that the form asks for. Raises Problem 400 when nothing was chosen, or too much."""
    items = [{"sku": sku, "quantity": count} for sku, count in quantities(fields).items() if count]
    if not items:
        raise Problem(400, "nothing_chosen", "Please choose at least one product.")
    try:
        return CheckoutIn.model_validate({"items": items})
    except ValidationError as error:
        raise Problem(400, "bad_quantity", "That is more than one order can hold.") from error


def idempotency_key(fields: Mapping[str, str], choice: CheckoutIn) -> str:
    """One key for each rendering of the page and cart: a form sent twice makes one order, a changed cart another."""
    intent = re.sub(r"[^0-9a-f-]", "", fields.get("intent", ""))[:36]
    return f"form-{intent}-{fingerprint(choice)[:32]}" if intent else ""
