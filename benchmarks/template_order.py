"""One order, made by the app itself: the databases are filled with copies of it, whatever columns it has."""

import os

import django

COPIES = """
    INSERT INTO payments_order
    SELECT (jsonb_populate_record(template, jsonb_build_object(
        'id', fresh.id, 'stripe_session_id', 'cs_test_' || replace(fresh.id::text, '-', ''),
        'return_url', 'https://shop.example/return/{{order_id}}/',
        'checkout_url', 'https://checkout.stripe.com/c/pay/cs_test', 'created_at', {created_at}))).*
    FROM payments_order AS template, (SELECT {ids}) AS fresh
    WHERE template.return_url = 'https://shop.example/template/{{order_id}}/';
    INSERT INTO payments_orderitem (order_id, product_id, sku, name, unit_amount, quantity)
    SELECT fresh.id, (SELECT min(id) FROM payments_product), 'default', 'Demo product', 2000, 1
    FROM (SELECT {ids}) AS fresh
"""


def main() -> None:
    """Write the order."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.config.settings")
    django.setup()
    from app.config.prepare import main as prepare
    from app.payments.api.checkout import place_order
    from app.payments.api.schemas import CheckoutIn

    prepare()
    place_order(CheckoutIn(), return_url="https://shop.example/template/{order_id}/")


if __name__ == "__main__":
    main()
