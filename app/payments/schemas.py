"""What comes into the API and what goes out."""

import re
import uuid
from datetime import datetime
from typing import Annotated

from ninja import Field, Schema
from pydantic import ConfigDict, StringConstraints, field_validator

MAX_LINES = 20
MAX_KEY = 255  # characters of an Idempotency-Key, as at Stripe
MAX_QUANTITY = 100
CURRENCY_DIGITS = Field(
    description="How many digits of an amount come after the decimal point, as Stripe counts: 2000 is 20.00 with 2, "
    "2000 with 0. It can differ from ISO's and a browser's: UGX has 2."
)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class ItemIn(Schema):
    """A product and how many of it. There is no price here: prices come from the catalogue."""

    model_config = ConfigDict(extra="forbid")

    sku: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    quantity: int = Field(default=1, ge=1, le=MAX_QUANTITY, strict=True)

    @field_validator("sku")
    @classmethod
    def _can_be_looked_up(cls, value: str) -> str:
        # Postgres takes no NUL, and would call it an outage.
        if not value.isprintable():
            raise ValueError("is no product's sku")
        return value


class CheckoutIn(Schema):
    """What to buy; everything is optional, an empty body buys one default product."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: list[ItemIn] = Field(default=[], max_length=MAX_LINES, description="Empty: one default product.")
    customer_email: str = Field(default="", max_length=254, description="Filled in on Stripe's page; gets the receipt.")
    return_url: str = Field(
        default="",
        max_length=1000,
        description="Where the buyer comes back to, with ?order_id=… added (and &canceled=1 after a cancellation). "
        "Empty: our own return page.",
    )

    @field_validator("customer_email")
    @classmethod
    def _looks_like_an_address(cls, value: str) -> str:
        # Stripe checks addresses itself; this only catches slips, and header injection.
        if value and not (EMAIL.fullmatch(value) and value.isprintable()):
            raise ValueError("is not an e-mail address")
        return value


class CheckoutOut(Schema):
    """Where to send the buyer, and where to ask about the order."""

    checkout_url: str
    order_id: uuid.UUID
    status_url: str


class ItemOut(Schema):
    """A line of an order."""

    sku: str
    name: str
    unit_amount: int = Field(description="In minor units.")
    quantity: int


class ReasonOut(Schema):
    """Why an order is not paid (yet)."""

    code: str
    message: str


class OrderOut(Schema):
    """An order as its buyer may see it. Amounts are in the currency's minor unit."""

    id: uuid.UUID
    status: str
    reason: ReasonOut | None
    currency: str
    currency_digits: int = CURRENCY_DIGITS
    amount_total: int
    amount_refunded: int
    items: list[ItemOut]
    checkout_url: str | None = Field(description="Where the buyer can still pay; null once that is over.")
    created_at: datetime
    paid_at: datetime | None
    updated_at: datetime


class ProductOut(Schema):
    """Something that can be bought."""

    sku: str
    name: str
    description: str
    unit_amount: int = Field(description="In minor units.")
    currency: str
    currency_digits: int = CURRENCY_DIGITS


class ProductsOut(Schema):
    """The catalogue; `default_sku` is what an empty checkout buys."""

    products: list[ProductOut]
    default_sku: str


class ProblemOut(Schema):
    """An error (RFC 9457); `code` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
