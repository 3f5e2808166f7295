"""`/v1/products` and `/v1/prices`."""

import pytest
import stripe

from support.running import Running


def test_a_product_is_created_with_its_price(emulator: Running) -> None:
    client = emulator.client()
    product = client.v1.products.create(
        {"name": "Lamp", "default_price_data": {"currency": "eur", "unit_amount": 4500}, "expand": ["default_price"]}
    )
    price = product.default_price
    assert isinstance(price, stripe.Price)
    assert (price.unit_amount, price.currency, price.type, price.product) == (4500, "eur", "one_time", product.id)
    assert str(price.unit_amount_decimal) == "4500"
    assert emulator.events() == ["product.created", "price.created"]


def test_a_product_can_have_a_custom_id(emulator: Running) -> None:
    client = emulator.client()
    assert client.v1.products.create({"id": "sku-1", "name": "A"}).id == "sku-1"
    assert client.v1.products.retrieve("sku-1").name == "A"
    with pytest.raises(stripe.InvalidRequestError, match="Product already exists") as caught:
        client.v1.products.create({"id": "sku-1", "name": "B"})
    assert caught.value.code == "resource_already_exists"


def test_products_are_updated_filtered_and_deleted(emulator: Running) -> None:
    client = emulator.client()
    first, second = (client.v1.products.create({"name": name}) for name in "AB")
    client.v1.products.update(first.id, {"active": False, "description": "old"})
    assert [product.id for product in client.v1.products.list({"active": True}).data] == [second.id]
    assert [product.id for product in client.v1.products.list({"ids": [first.id]}).data] == [first.id]
    assert client.v1.products.delete(second.id).deleted is True
    assert emulator.events()[-1] == "product.deleted"
    with pytest.raises(stripe.InvalidRequestError, match="No such product"):
        client.v1.products.retrieve(second.id)


def test_a_product_with_prices_is_not_deleted(emulator: Running) -> None:
    client = emulator.client()
    product = client.v1.products.create({"name": "A"})
    client.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 100})
    with pytest.raises(stripe.InvalidRequestError, match="cannot be deleted"):
        client.v1.products.delete(product.id)


def test_a_default_price_must_belong_to_its_product(emulator: Running) -> None:
    client = emulator.client()
    mine, other = (client.v1.products.create({"name": name}) for name in "AB")
    price = client.v1.prices.create({"product": other.id, "currency": "usd", "unit_amount": 100})
    with pytest.raises(stripe.InvalidRequestError, match="does not belong"):
        client.v1.products.update(mine.id, {"default_price": price.id})
    assert client.v1.products.update(other.id, {"default_price": price.id}).default_price == price.id


def test_a_price_is_created_with_a_product(emulator: Running) -> None:
    price = emulator.client().v1.prices.create(
        {"currency": "usd", "unit_amount": 100, "product_data": {"name": "New"}, "expand": ["product"]}
    )
    assert isinstance(price.product, stripe.Product)
    assert price.product.name == "New"


def test_a_prices_amount_can_not_be_changed(emulator: Running) -> None:
    client = emulator.client()
    price = client.v1.prices.create({"currency": "usd", "unit_amount": 100, "product_data": {"name": "A"}})
    updated = client.v1.prices.update(price.id, {"nickname": "cheap", "active": False})
    assert (updated.nickname, updated.active) == ("cheap", False)
    assert emulator.events()[-1] == "price.updated"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.prices.update(price.id, {"unit_amount": 200})  # type: ignore[arg-type]
    assert caught.value.code == "parameter_unknown"


def test_a_lookup_key_is_unique(emulator: Running) -> None:
    client = emulator.client()
    product = client.v1.products.create({"name": "A"}).id

    def create(transfer: bool) -> stripe.Price:
        return client.v1.prices.create(
            {
                "product": product,
                "currency": "usd",
                "unit_amount": 100,
                "lookup_key": "basic",
                "transfer_lookup_key": transfer,
            }
        )

    first = create(False)
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        create(False)
    second = create(True)
    assert client.v1.prices.retrieve(first.id).lookup_key is None
    assert [price.id for price in client.v1.prices.list({"lookup_keys": ["basic"]}).data] == [second.id]


@pytest.mark.parametrize("amount", ["-1", "1.0000000000001", "ten"])
def test_a_decimal_amount_has_its_limits(emulator: Running, amount: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        emulator.client().v1.prices.create(
            {"currency": "usd", "product_data": {"name": "A"}, "unit_amount_decimal": amount}  # type: ignore[typeddict-item]
        )
    assert caught.value.param == "unit_amount_decimal"


def test_a_sessions_items_do_not_change_later(emulator: Running) -> None:
    client = emulator.client()
    price = client.v1.prices.create({"currency": "usd", "unit_amount": 100, "product_data": {"name": "A"}})
    session = emulator.session(line_items=[{"price": price.id, "quantity": 1}])
    client.v1.prices.update(price.id, {"nickname": "later"})
    items = client.v1.checkout.sessions.line_items.list(session.id)
    assert items.data[0].price
    assert items.data[0].price.nickname is None
