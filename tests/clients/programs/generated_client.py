"""Use the client that openapi-python-client generated: generated_client.py FOLDER API.

FOLDER has the package `client`.
"""

import sys

sys.path.insert(0, sys.argv[1])

from client import Client
from client.api.catalog import list_products
from client.api.payments import create_checkout, get_order
from client.models import CheckoutIn, CheckoutInMetadata, ItemIn, OrderOut, OrderOutStatus, ProblemOut

api = Client(base_url=sys.argv[2])
products = list_products.sync(client=api)
metadata = CheckoutInMetadata.from_dict({"user": "42"})
body = CheckoutIn(items=[ItemIn(sku=products.default_sku)], reference="cart-17", metadata=metadata)
made = create_checkout.sync(client=api, body=body)
order = get_order.sync(made.order_id, client=api, wait=1)
assert isinstance(order, OrderOut), order
assert (order.status, order.currency_digits) == (OrderOutStatus.PENDING, 2), order
assert (order.reference, order.metadata.to_dict()) == ("cart-17", {"user": "42"}), order
refused = create_checkout.sync(client=api, body=CheckoutIn(items=[ItemIn(sku="no-such-thing")]))
assert isinstance(refused, ProblemOut), refused
assert refused.code == "unknown_product", refused
print(order.status.value)
