"""The parameters of every call match the types and documentation of the official package, at all depths."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from stripe_emulator.errors import StripeError
from stripe_emulator.resources import RESOURCES
from stripe_emulator.schema import Array, Created, Field, Hash, Only, Unsupported
from stripe_emulator.schema.metadata import Metadata
from support import literals
from support.parameters import Parameter, calls, parameters

ROUTES = {f"{route.method} {route.path}": route for each in RESOURCES for route in each.routes() if route.is_public}
# Calls that only older versions of the package have.
OLDER_CALLS = {"POST /v1/charges/{}/refunds", "GET /v1/charges/{}/refunds"}
# Parameters that Stripe accepts although the package does not declare them, with the reason.
UNDECLARED = {
    "payment_method_types": "from older API versions; the CLI's triggers send it",
    "coupon": "from older API versions; the CLI's triggers send it",
    "payment_method_data[card]": "Stripe.js usually sends it",
    "expand": "accepted by every call, deletions included",
}
# Required parameters that the package declares as optional.
REQUIRED = {
    "POST /v1/checkout/sessions": {"mode"},
    "POST /v1/charges": {"amount", "currency"},
    "POST /v1/payment_intents/{}/confirm": {
        "mandate_data[customer_acceptance]",
        "mandate_data[customer_acceptance][online][ip_address]",
        "mandate_data[customer_acceptance][online][user_agent]",
    },
    "POST /v1/subscriptions": {
        "customer",
        "items",
        "items[0][price]",
        "trial_settings[end_behavior][missing_payment_method]",
    },
}
# Parameters that the package requires, and Stripe doesn't.
OPTIONAL = {"POST /v1/promotion_codes": {"promotion"}}  # older versions have `coupon`


def test_every_call_is_known_to_the_package() -> None:
    assert ROUTES.keys() - calls().keys() == OLDER_CALLS


def test_the_lists_of_values_match_the_official_package() -> None:
    assert literals.FILE.read_text() == literals.text(), literals.__doc__


@pytest.mark.parametrize("call", sorted(ROUTES.keys() & calls().keys()))
def test_parameters_match_the_official_package(call: str) -> None:
    required = REQUIRED.get(call, set()) | {f"-{path}" for path in OPTIONAL.get(call, ())}
    found = list(differences(ROUTES[call].fields, parameters(calls()[call]), required))
    assert found == []


def differences(
    ours: Mapping[str, Field], theirs: Mapping[str, Parameter], required: set[str], where: str = ""
) -> Iterator[str]:
    """Yield missing and unknown parameters, and values that only one side accepts."""
    for name in ours.keys() | theirs.keys():
        path = f"{where}[{name}]" if where else name
        if name not in ours:
            yield f"{path} is missing"
        elif name in theirs:
            if not isinstance(ours[name], Unsupported):
                expected = (theirs[name].required or path in required) and f"-{path}" not in required
                if ours[name].required != expected:
                    yield f"{path} is required: {ours[name].required}"
                yield from _values(ours[name], theirs[name], required, path)
        elif path not in UNDECLARED:
            yield f"{path} is unknown to Stripe"


def _values(field: Field, declared: Parameter, required: set[str], path: str) -> Iterator[str]:
    if "" in declared.literals and _refusal(field, "", path):
        yield f"{path} can't be cleared"
    if isinstance(field, Created | Metadata):
        return
    inner = field.field if isinstance(field, Only) else field
    if declared.item:
        if isinstance(inner, Array):
            yield from _values(inner.item, declared.item, required, f"{path}[0]")
        else:
            yield f"{path} is no array"
    elif declared.fields:
        if isinstance(inner, Hash):
            yield from differences(inner.fields, declared.fields, required, path)
        else:
            yield f"{path} is no hash"
    else:
        yield from _words(field, declared, path)


def _words(field: Field, declared: Parameter, path: str) -> Iterator[str]:
    words = declared.literals - {""}
    for word in words:
        if (error := _refusal(field, word, path)) and not error.missing:
            yield f"{path}={word}: {error}"
    for kind, wrong in ((bool, "maybe"), (int, "1.5")):
        if kind in declared.kinds and not _refusal(field, wrong, path):
            yield f"{path} accepts {wrong}"
    if words and not declared.kinds & {int, bool} and not _refusal(field, "no_such_value", path):
        yield f"{path} accepts any value"
    longest = declared.longest
    if longest and not words and not _refusal(field, "A" * (longest + 1), path):
        yield f"{path} accepts more than {longest} characters"


def _refusal(field: Field, value: Any, path: str) -> StripeError | None:
    try:
        field.read(value, path)
    except StripeError as error:
        return error
    return None
