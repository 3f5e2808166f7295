"""The line items of a new session: existing prices, or inline ones (`price_data`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from stripe_emulator.currencies import CURRENCIES, display, fraction_error
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.discount import new_discount
from stripe_emulator.objects.line_item import new_line_item
from stripe_emulator.objects.price import new_price
from stripe_emulator.objects.product import new_product
from stripe_emulator.resources.catalog.coupons import redeemable
from stripe_emulator.resources.catalog.prices import RECURRING_PRICE
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Resource

#: The discounts of a line item, stored under its id.
_DISCOUNTS = "item_discounts"


@dataclass(slots=True)
class Basket:
    """The line items and discounts, all in one currency."""

    currency: str = ""
    lines: list[JSON] = field(default_factory=list)
    #: Details of each line's product for the page.
    about: list[JSON] = field(default_factory=list)
    discount: int = 0
    discounts: list[JSON] = field(default_factory=list)


def fill_basket(request: Request, items: list[JSON], discounts: list[JSON]) -> Basket:
    """Build the lines. Raises `StripeError` for bad prices, mixed currencies and totals out of range."""
    basket = Basket()
    for place, item in enumerate(items):
        where = f"line_items[{place}]"
        price, product = _price(request, item, where)
        _check_currency(basket, price["currency"])
        basket.lines.append(new_line_item(price, product["name"], item["quantity"], item))
        basket.about.append({name: product[name] for name in ("description", "unit_label")})
    for given in discounts:
        _discount(request, basket, given)
    _check_total(basket)
    return basket


def _discount(request: Request, basket: Basket, given: JSON) -> None:
    """Apply a coupon proportionally to the lines; the last one absorbs the rounding difference."""
    coupon = redeemable(request, given["coupon"], "discounts[0][coupon]")
    if coupon["currency"] not in (None, basket.currency):
        message = f"The coupon {coupon['id']} is in {coupon['currency']}, the line items are in {basket.currency}."
        raise invalid_request(message, param="discounts[0][coupon]")
    subtotal = sum(line["amount_subtotal"] for line in basket.lines)
    off = coupon["amount_off"] or round(subtotal * (coupon["percent_off"] or 0) / 100)
    basket.discount = left = min(off, subtotal)
    for place, line in enumerate(basket.lines):
        last = place == len(basket.lines) - 1
        share = left if last else basket.discount * line["amount_subtotal"] // max(subtotal, 1)
        left -= share
        line |= {"amount_discount": share, "amount_total": line["amount_subtotal"] - share}
    basket.discounts.append({"coupon": coupon["id"], "promotion_code": None})


def _check_currency(basket: Basket, currency: str) -> None:
    if basket.currency and basket.currency != currency:
        message = (
            "The Checkout Session's line items must all have the same currency, but "
            f"you passed `{basket.currency}` and `{currency}`."
        )
        raise invalid_request(message, param="line_items")
    basket.currency = currency


def _check_total(basket: Basket) -> None:
    total = sum(line["amount_total"] for line in basket.lines)
    _, _, smallest, largest = CURRENCIES[basket.currency]
    # A total of zero is allowed ("No-cost orders"), a smaller amount than the minimum is not.
    if 0 < total < smallest:
        raise invalid_request(
            "The Checkout Session's total amount due must add up to at least "
            f"{display(smallest, basket.currency)} {basket.currency}",
            code="amount_too_small",
        )
    if total > largest:
        raise invalid_request(
            "The Checkout Session's total amount due must be no more than "
            f"{display(largest, basket.currency)} {basket.currency}",
            code="amount_too_large",
        )
    if message := fraction_error(total, basket.currency):
        raise invalid_request(message, param="line_items")


def _price(request: Request, item: JSON, where: str) -> tuple[JSON, JSON]:
    """Return the price and its product."""
    if "price" in item:
        return _stored_price(request, item["price"], f"{where}[price]")
    return _inline_price(request, item["price_data"], f"{where}[price_data]")


def _stored_price(request: Request, wanted: str, where: str) -> tuple[JSON, JSON]:
    price = request.find("price", wanted, where).data
    if not price["active"]:
        message = "The price specified is inactive. This field only accepts active prices."
        raise invalid_request(message, param=where)
    if price["recurring"]:
        raise invalid_request(RECURRING_PRICE, param=where)
    product = request.find("product", price["product"]).data
    _check_active(product, where)
    return price, product


def _check_active(product: JSON, where: str) -> None:
    if not product["active"]:
        message = f"The product {product['id']} is marked as inactive, so no new Checkout Sessions can use it."
        raise invalid_request(message, param=where)


def _inline_price(request: Request, given: JSON, where: str) -> tuple[JSON, JSON]:
    now = request.now()
    if "product" in given:
        product = request.find("product", given["product"], f"{where}[product]").data
        _check_active(product, f"{where}[product]")
    else:
        # Only for this session: inactive, so that no catalog lists it.
        product = new_product({**given["product_data"], "active": False}, now)
        request.add("product", product)
    price = new_price(given, product["id"], now, active=False)
    request.add("price", price)
    return price, product


def keep_discount(request: Request, basket: Basket, session: str) -> JSON | None:
    """Store the lines' expandable discounts. Return the session's discount, if it has one."""
    if not basket.discounts:
        return None
    discount = new_discount(basket.discounts[0]["coupon"], request.now(), session=session)
    for line in basket.lines:
        shown = [{"amount": line["amount_discount"], "discount": discount}]
        request.add(_DISCOUNTS, {"id": line["id"], "discounts": shown})
    return discount


def _discounts(request: Request, line: JSON) -> list[JSON]:
    stored = request.get(_DISCOUNTS, line["id"])
    return list(stored.data["discounts"]) if stored else []


#: Not stored as objects: the lines are part of their session.
RESOURCE = Resource(
    kind="item",
    path="",
    retrieve=False,
    included={"discounts": _discounts, "taxes": lambda request, line: []},
)
