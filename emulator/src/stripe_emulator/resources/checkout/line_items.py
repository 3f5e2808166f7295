"""The line items of a new session: existing prices, or inline ones (`price_data`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.line_item import new_line_item
from stripe_emulator.objects.price import new_price
from stripe_emulator.objects.product import new_product
from stripe_emulator.payments.checkout.baskets import AMOUNTS
from stripe_emulator.payments.checkout.taxes import check_rates
from stripe_emulator.resources.catalog.prices import RECURRING_PRICE
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Included, Resource


@dataclass(slots=True)
class Basket:
    """The line items, all in one currency. Those of optional items have the quantity 0 until the buyer adds them."""

    currency: str = ""
    lines: list[JSON] = field(default_factory=list)
    #: What each line item doesn't show: details of its product, its tax rates, the quantity of an optional item.
    about: list[JSON] = field(default_factory=list)


def fill_basket(request: Request, items: list[JSON], optional: list[JSON]) -> Basket:
    """Build the lines. Raises `StripeError` for bad prices and mixed currencies."""
    basket = Basket()
    for place, item in enumerate(items):
        _add(request, basket, item, f"line_items[{place}]")
    for place, item in enumerate(optional):
        _add(request, basket, {**item, "quantity": 0}, f"optional_items[{place}]")
        basket.about[-1]["optional"] = item["quantity"]
    return basket


def _add(request: Request, basket: Basket, item: JSON, where: str) -> None:
    price, product = _price(request, item, where)
    _check_currency(basket, price["currency"], where.partition("[")[0])
    basket.lines.append(new_line_item(price, product["name"], item["quantity"], item))
    basket.about.append(
        {
            "description": product["description"],
            "product": product["id"],
            "tax_code": product["tax_code"],
            "tax_rates": check_rates(request, item.get("tax_rates", []), f"{where}[tax_rates]"),
            "unit_label": product["unit_label"],
        }
    )


def _check_currency(basket: Basket, currency: str, param: str) -> None:
    if basket.currency and basket.currency != currency:
        message = (
            "The Checkout Session's line items must all have the same currency, but "
            f"you passed `{basket.currency}` and `{currency}`."
        )
        raise invalid_request(message, param=param)
    basket.currency = currency


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


def _amounts(name: str) -> Included:
    def included(request: Request, line: JSON) -> list[JSON]:
        stored = request.get(AMOUNTS, line["id"])
        return list(stored.data[name]) if stored else []

    return included


#: Not stored as objects: the lines are part of their session.
RESOURCE = Resource(
    kind="item",
    path="",
    retrieve=False,
    included={"discounts": _amounts("discounts"), "taxes": _amounts("taxes")},
)
