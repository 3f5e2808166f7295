"""The API's request and response schemas."""

import re
import uuid
from collections import Counter
from datetime import datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import ConfigDict, StringConstraints, field_validator

from app.payments.models import Order
from app.payments.stripe.events import MAX_METADATA, OUR_METADATA

EXAMPLE_ID = "6f1c8a52-7a07-4b4e-9d4e-0b6f3f0f6a11"
MAX_LINES = 20
MAX_KEY = 255  # characters of an Idempotency-Key, as at Stripe
MAX_QUANTITY = 100
MAX_REFERENCE = 200
# Stripe: "Metadata".
MAX_METADATA_KEY = 40
MAX_METADATA_VALUE = 500
CURRENCY_DIGITS = Field(
    description="Number of decimal places of an amount, as Stripe counts them: 2000 is 20.00 with 2, and 2000 with 0. "
    "It can differ from ISO 4217 and from the browser: UGX has 2."
)
# Every `code` of an error under /api/.
ERROR_CODES = (
    "amount_too_large",
    "amount_too_small",
    "bad_request",
    "body_incomplete",
    "body_too_large",
    "busy",
    "database_unavailable",
    "host_not_allowed",
    "idempotency_key_expired",
    "idempotency_key_reused",
    "internal_server_error",
    "invalid_amount",
    "invalid_customer_email",
    "invalid_json",
    "invalid_request",
    "length_required",
    "method_not_allowed",
    "mixed_currencies",
    "no_shipping_option",
    "not_found",
    "order_closed",
    "origin_not_allowed",
    "return_url_not_allowed",
    "stripe_refused",
    "stripe_unavailable",
    "stripe_unreachable",
    "too_many_requests",
    "unknown_currency",
    "unknown_product",
    "unsupported_media_type",
)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _optional(schema: dict[str, Any]) -> None:
    """Document that the field can be missing. Generators of clients require fields that have a default."""
    del schema["default"]


def _optional_uuid(schema: dict[str, Any]) -> None:
    _optional(schema)
    schema["format"] = "uuid"


def _or_null(schema: dict[str, Any]) -> None:
    """Document that null is the same as omitting the field."""
    _optional(schema)
    schema["type"] = [schema["type"], "null"]


def _chosen_or_null(schema: dict[str, Any]) -> None:
    _or_null(schema)
    schema["minItems"] = 1


def _metadata_or_null(schema: dict[str, Any]) -> None:
    _or_null(schema)
    schema["propertyNames"] = {"minLength": 1, "maxLength": MAX_METADATA_KEY}


def _example(**fields: Any) -> dict[str, Any]:
    return {"examples": [fields]}


class ItemIn(Schema):
    """A product and its quantity. There is no price here: prices come from the catalog."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_example(sku="mug", quantity=2))

    sku: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    quantity: int = Field(
        default=1, ge=1, le=MAX_QUANTITY, strict=True, description="1 if omitted.", json_schema_extra=_or_null
    )

    @field_validator("quantity", mode="before")
    @classmethod
    def _null_is_left_out(cls, value: Any) -> Any:
        return 1 if value is None else value

    @field_validator("sku")
    @classmethod
    def _can_be_looked_up(cls, value: str) -> str:
        # Postgres rejects NUL, which would look like an outage.
        if not value.isprintable():
            raise ValueError("not a valid SKU")
        return value


class CheckoutIn(Schema):
    """A checkout request. Every field is optional; an empty body buys one default product."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra=_example(
            items=[{"sku": "mug", "quantity": 2}],
            customer_email="ada@example.com",
            reference="cart-17",
            metadata={"user": "42"},
        ),
    )

    items: list[ItemIn] = Field(
        default=[],
        max_length=MAX_LINES,
        description=f"If omitted, one default product. At most {MAX_QUANTITY} of each product.",
        json_schema_extra=_chosen_or_null,
    )
    customer_email: str = Field(
        default="",
        max_length=254,
        description="Prefilled on Stripe's page; the receipt is sent there.",
        json_schema_extra=_or_null,
    )
    return_url: str = Field(
        default="",
        max_length=1000,
        description="The page that the buyer returns to. ?order_id=… is added (and &canceled=1 after a cancellation), "
        "replacing parameters with these names. If omitted, this server's return page.",
        json_schema_extra=_or_null,
    )
    reference: str = Field(
        default="",
        max_length=MAX_REFERENCE,
        description="Your own name for the order: a cart, a user. Anyone who knows the order's id can read it.",
        json_schema_extra=_or_null,
    )
    metadata: dict[str, Annotated[str, StringConstraints(max_length=MAX_METADATA_VALUE)]] = Field(
        default={},
        max_length=MAX_METADATA,
        description="Your own keys and values, also sent to Stripe. Anyone who knows the order's id can read them.",
        json_schema_extra=_metadata_or_null,
    )

    @field_validator("items", mode="before")
    @classmethod
    def _is_a_choice(cls, value: Any) -> Any:
        # An emptied cart must not buy the default product.
        if value == []:
            raise ValueError("must not be empty; omit it to buy the default product")
        return [] if value is None else value

    @field_validator("items")
    @classmethod
    def _is_within_the_limit(cls, value: list[ItemIn]) -> list[ItemIn]:
        quantities: Counter[str] = Counter()
        for item in value:
            quantities[item.sku] += item.quantity
        for sku, quantity in quantities.items():
            if quantity > MAX_QUANTITY:
                raise ValueError(f"at most {MAX_QUANTITY} of one product, not {quantity} of {sku!r}")
        return value

    @field_validator("customer_email", "return_url", "reference", mode="before")
    @classmethod
    def _null_is_left_out(cls, value: Any) -> Any:
        return "" if value is None else value

    @field_validator("customer_email")
    @classmethod
    def _looks_like_an_address(cls, value: str) -> str:
        # Stripe validates addresses; this only catches typos and header injection.
        if value and not (EMAIL.fullmatch(value) and value.isprintable()):
            raise ValueError("not a valid email address")
        return value

    @field_validator("reference")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be one line of text")
        return value

    @field_validator("metadata", mode="before")
    @classmethod
    def _has_usable_keys(cls, value: Any) -> Any:
        for key in value if isinstance(value, dict) else ():
            if not 0 < len(key) <= MAX_METADATA_KEY:
                raise ValueError(f"keys have 1 to {MAX_METADATA_KEY} characters, not {len(key)}")
            if not key.isprintable() or "[" in key or "]" in key:
                raise ValueError("keys are one line of text without square brackets")
            if key in OUR_METADATA:
                raise ValueError(f"the key {key!r} is this server's own")
        return {} if value is None else value

    @field_validator("metadata")
    @classmethod
    def _can_be_stored(cls, value: dict[str, str]) -> dict[str, str]:
        # As a SKU: Postgres rejects NUL.
        for key, text in value.items():
            if "\0" in text:
                raise ValueError(f"the value of {key!r} is not valid text")
        return value


class CheckoutOut(Schema):
    """The URLs of the payment page and of the order's status."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            checkout_url="https://checkout.stripe.com/c/pay/cs_test_a1",
            order_id=EXAMPLE_ID,
            status_url=f"https://pay.example.com/api/orders/{EXAMPLE_ID}/",
        )
    )

    checkout_url: str
    order_id: uuid.UUID
    status_url: str


class ItemOut(Schema):
    """An order line."""

    model_config = ConfigDict(json_schema_extra=_example(sku="mug", name="Enamel mug", unit_amount=1800, quantity=2))

    sku: str
    name: str
    unit_amount: int = Field(description="In minor units.")
    quantity: int


class ReasonOut(Schema):
    """The reason why an order is not paid."""

    model_config = ConfigDict(
        json_schema_extra=_example(code="insufficient_funds", message="Your card has insufficient funds.")
    )

    code: str = Field(description="An error code of this API, or Stripe's code of the decline.")
    message: str = Field(description="For the buyer.")


class OrderOut(Schema):
    """An order as its buyer sees it. Amounts are in the currency's minor unit."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            id=EXAMPLE_ID,
            status="paid",
            reason=None,
            currency="usd",
            currency_digits=2,
            amount_total=3600,
            amount_subtotal=3600,
            amount_discount=360,
            amount_tax=0,
            amount_shipping=500,
            amount_paid=3740,
            amount_refunded=0,
            items=[{"sku": "mug", "name": "Enamel mug", "unit_amount": 1800, "quantity": 2}],
            reference="cart-17",
            metadata={"user": "42"},
            checkout_url=None,
            created_at="2026-11-26T09:00:00Z",
            paid_at="2026-11-26T09:01:05Z",
            updated_at="2026-11-26T09:01:05Z",
        )
    )

    id: uuid.UUID
    status: str = Field(json_schema_extra={"enum": [*Order.Status.values]})
    reason: ReasonOut | None
    currency: str
    currency_digits: int = CURRENCY_DIGITS
    amount_total: int = Field(description="The total at catalog prices.")
    amount_subtotal: int = Field(description="Stripe's subtotal, before discount, tax and shipping; 0 until paid.")
    amount_discount: int
    amount_tax: int
    amount_shipping: int
    amount_paid: int = Field(description="0 until paid. Refunds do not change it.")
    amount_refunded: int
    items: list[ItemOut]
    reference: str = Field(description="As given at the checkout; empty if none was.")
    metadata: dict[str, str] = Field(description="As given at the checkout.")
    checkout_url: str | None = Field(description="The payment page, or null once the order can no longer be paid.")
    created_at: datetime
    paid_at: datetime | None
    updated_at: datetime


class ProductOut(Schema):
    """A product that can be bought."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            sku="mug",
            name="Enamel mug",
            description="For the third coffee of the day.",
            unit_amount=1800,
            currency="usd",
            currency_digits=2,
        )
    )

    sku: str
    name: str
    description: str
    unit_amount: int = Field(description="In minor units.")
    currency: str
    currency_digits: int = CURRENCY_DIGITS


class ProductsOut(Schema):
    """The catalog; an empty checkout buys `default_sku`."""

    products: list[ProductOut]
    default_sku: str


class FieldErrorOut(Schema):
    """What is wrong with one field of the request."""

    field: str = Field(description="A path like items.0.sku; empty for the whole body.")
    message: str


class ProblemOut(Schema):
    """An error (RFC 9457); `code` is stable."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            type="about:blank",
            title="Bad Request",
            status=400,
            code="invalid_request",
            detail="items.0.quantity: at most 100",
            errors=[{"field": "items.0.quantity", "message": "at most 100"}],
        )
    )

    type: str
    title: str = Field(description="The name of the HTTP status.")
    status: int = Field(description="The HTTP status.")
    code: str = Field(json_schema_extra={"enum": [*ERROR_CODES]})
    detail: str = Field(description="What happened and what to do, for people.")
    errors: list[FieldErrorOut] = Field(
        default=[], description="With invalid_request: each field.", json_schema_extra=_optional
    )
    order_id: str = Field(
        default="", description="The order that was created or found.", json_schema_extra=_optional_uuid
    )
    stripe_code: str = Field(default="", description="Stripe's error code.", json_schema_extra=_optional)
    stripe_request_id: str = Field(
        default="", description="Stripe's id of the call; its support asks for it.", json_schema_extra=_optional
    )
