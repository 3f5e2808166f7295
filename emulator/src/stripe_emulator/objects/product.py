"""The Product object."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON


def new_product(params: JSON, now: int) -> JSON:
    """Build a product from the parameters of its creation (or from `product_data`)."""
    return {
        "id": params.get("id") or new_id("prod", 14),
        "object": "product",
        "active": params.get("active", True),
        "created": now,
        "default_price": None,
        "description": params.get("description"),
        "images": params.get("images", []),
        "livemode": False,
        "marketing_features": params.get("marketing_features", []),
        "metadata": params.get("metadata", {}),
        "name": params["name"],
        "package_dimensions": params.get("package_dimensions"),
        "shippable": params.get("shippable"),
        "statement_descriptor": params.get("statement_descriptor"),
        "tax_code": params.get("tax_code"),
        "tax_details": None,
        "type": params.get("type", "service"),
        "unit_label": params.get("unit_label"),
        "updated": now,
        "url": params.get("url"),
    }
