"""Make orders in a given state."""

from django.test import Client

from app.payments.models import Order
from app.payments.stripe.catch_up import catch_up
from tests.support.emulator import Emulator


def pay_new_order(client: Client, emulator: Emulator, *, card: str = "pm_card_visa") -> Order:
    """Return an order of 20.00 USD, paid at the emulator with a test PaymentMethod."""
    order = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    emulator.pay(order.stripe_session_id or "", card=card)
    catch_up()
    order.refresh_from_db()
    assert order.status == "paid"
    return order
