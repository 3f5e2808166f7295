"""The whole path: the shop, the official CLI and the emulator."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from app.payments.stripe.event_types import EVENT_TYPES
from tests.cli.cli import Cli
from tests.cli.local_stripe import LocalStripe
from tests.cli.shop_app import ShopApp

pytestmark = pytest.mark.cli


@pytest.fixture(scope="module")
def shop(shared_stripe: LocalStripe) -> Iterator[ShopApp]:
    """The shop, without a secret yet."""
    with ShopApp(shared_stripe.url) as running:
        yield running


def session_of(checkout: dict[str, str]) -> str:
    """Return the id of its Checkout Session."""
    return urlsplit(checkout["checkout_url"]).path.rsplit("/", 1)[-1]


def test_a_payment_and_its_refund_reach_the_order(cli: Cli, shop: ShopApp) -> None:
    with cli.listen("--forward-to", shop.webhook_url, events=EVENT_TYPES) as listening:
        shop.secret_file.write_text(listening.secret + "\n")
        checkout = shop.check_out()
        assert cli.stripe.pay(session_of(checkout)) == 200
        shop.await_status(checkout["order_id"], "paid")
        listening.await_output("checkout.session.completed")
        listening.await_output("[200] POST")
        paid = cli.stripe.client.v1.checkout.sessions.retrieve(session_of(checkout))
        assert isinstance(paid.payment_intent, str)
        cli.stripe.client.v1.refunds.create({"payment_intent": paid.payment_intent})
        shop.await_status(checkout["order_id"], "refunded")


def test_a_refused_event_arrives_with_the_right_secret(cli: Cli, shop: ShopApp) -> None:
    shop.secret_file.write_text("whsec_of_another_endpoint\n")
    with cli.listen("--forward-to", shop.webhook_url, events=EVENT_TYPES) as listening:
        checkout = shop.check_out()
        cli.stripe.pay(session_of(checkout))
        listening.await_output("[400] POST")
        shop.secret_file.write_text(listening.secret + "\n")
        listening.await_output("[200] POST")
        shop.await_status(checkout["order_id"], "paid")
