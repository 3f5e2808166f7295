"""Promotion codes and coupons: their restrictions, and the field on the page."""

from typing import Any

import pytest
import stripe

from support.running import SESSION, Running

PRICE: dict[str, Any] = SESSION["line_items"][0]["price_data"]


def code(emulator: Running, coupon: dict[str, Any] | None = None, **more: Any) -> stripe.PromotionCode:
    """Create a promotion code for a tenth off."""
    params: Any = coupon or {"percent_off": 10}
    made = emulator.client().v1.coupons.create(params)
    wanted: Any = {"promotion": {"type": "coupon", "coupon": made.id}, **more}
    return emulator.client().v1.promotion_codes.create(wanted)


def refusal(emulator: Running, **params: Any) -> str:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        emulator.session(**params)
    assert caught.value.param in ("discounts[0][promotion_code]", "discounts[0][coupon]")
    return str(caught.value.user_message)


def given(promotion_code: stripe.PromotionCode) -> dict[str, Any]:
    return {"discounts": [{"promotion_code": promotion_code.id}]}


def total(emulator: Running, session: stripe.checkout.Session) -> int | None:
    return emulator.client().v1.checkout.sessions.retrieve(session.id).amount_total


def test_a_code_is_generated_unless_it_is_given(emulator: Running) -> None:
    assert code(emulator, code="SUMMER-25").code == "SUMMER-25"
    assert len(code(emulator).code) == 8
    with pytest.raises(stripe.InvalidRequestError, match="only contain letters, digits and dashes"):
        code(emulator, code="10 % off")


def test_an_active_code_is_unique_in_any_case(emulator: Running) -> None:
    first = code(emulator, code="Summer")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        code(emulator, code="SUMMER")
    assert caught.value.code == "resource_already_exists"
    codes = emulator.client().v1.promotion_codes
    codes.update(first.id, {"active": False})
    second = code(emulator, code="SUMMER")
    with pytest.raises(stripe.InvalidRequestError):
        codes.update(first.id, {"active": True})
    assert [each.id for each in codes.list({"code": "summer"}).data] == [second.id, first.id]
    assert [each.id for each in codes.list({"active": True}).data] == [second.id]


def test_older_versions_name_the_coupon(emulator: Running) -> None:
    coupon = emulator.client().v1.coupons.create({"percent_off": 5})
    answer = emulator.api("POST", "/v1/promotion_codes", {"coupon": coupon.id}, Stripe_Version="2024-06-20")
    assert answer.json()["coupon"]["id"] == coupon.id
    assert "promotion" not in answer.json()


def test_a_session_shows_the_code_and_its_amounts(emulator: Running) -> None:
    made = code(emulator)
    session = emulator.session(**given(made), expand=["discounts.promotion_code", "total_details.breakdown"])
    assert (session.amount_subtotal, session.amount_total) == (2000, 1800)
    assert session.discounts
    assert isinstance(session.discounts[0].promotion_code, stripe.PromotionCode)
    assert (session.discounts[0].promotion_code.code, session.discounts[0].coupon) == (made.code, None)
    assert session.total_details
    assert session.total_details.breakdown
    (discount,) = session.total_details.breakdown.discounts
    assert (discount.amount, discount.discount.promotion_code) == (200, made.id)
    assert discount.discount.source.coupon == made.promotion.coupon


def test_redemptions_are_counted_at_the_payment(emulator: Running) -> None:
    made = code(emulator, max_redemptions=1)
    client = emulator.client().v1
    first, second = (emulator.session(**given(made)) for _ in range(2))
    assert client.promotion_codes.retrieve(made.id).times_redeemed == 0
    assert "redirect" in emulator.confirm(first)
    found = client.promotion_codes.retrieve(made.id, {"expand": ["promotion.coupon"]})
    assert (found.times_redeemed, found.active) == (1, False)
    assert isinstance(found.promotion.coupon, stripe.Coupon)
    assert found.promotion.coupon.times_redeemed == 1
    assert {"promotion_code.updated", "coupon.updated"} <= set(emulator.events())
    # The second session was created while the code could still be redeemed.
    assert "expired or inactive" in emulator.confirm(second)["error"]["message"]
    assert "expired or inactive" in refusal(emulator, **given(made))


def test_a_coupon_is_redeemed_once_although_two_sessions_have_it(emulator: Running) -> None:
    coupon = emulator.client().v1.coupons.create({"percent_off": 50, "max_redemptions": 1})
    first, second = (emulator.session(discounts=[{"coupon": coupon.id}]) for _ in range(2))
    assert "redirect" in emulator.confirm(first)
    assert "Coupon expired" in emulator.confirm(second)["error"]["message"]
    assert emulator.client().v1.coupons.retrieve(coupon.id).times_redeemed == 1


RESTRICTED = [
    ({"restrictions": {"minimum_amount": 2001, "minimum_amount_currency": "usd"}}, "minimum amount of $20.01"),
    ({"restrictions": {"minimum_amount": 100, "minimum_amount_currency": "eur"}}, "minimum amount is in eur"),
    ({"active": False}, "expired or inactive"),
]


@pytest.mark.parametrize(("more", "why"), RESTRICTED)
def test_restrictions_are_checked(emulator: Running, more: dict[str, Any], why: str) -> None:
    assert why in refusal(emulator, **given(code(emulator, **more)))


def test_a_minimum_amount_may_be_reached_exactly(emulator: Running) -> None:
    limits = {"minimum_amount": 2000, "minimum_amount_currency": "usd"}
    assert emulator.session(**given(code(emulator, restrictions=limits))).amount_total == 1800


def test_a_code_is_for_its_customer(emulator: Running) -> None:
    client = emulator.client().v1
    owner, other = (client.customers.create({"email": f"{name}@example.com"}).id for name in "ab")
    made = code(emulator, customer=owner)
    assert emulator.session(customer=owner, **given(made)).amount_total == 1800
    assert "for another customer" in refusal(emulator, customer=other, **given(made))
    assert "for another customer" in refusal(emulator, **given(made))


def test_a_code_may_be_for_first_purchases(emulator: Running) -> None:
    customer = emulator.client().v1.customers.create({"email": "ada@example.com"}).id
    made = code(emulator, restrictions={"first_time_transaction": True})
    emulator.paid(customer=customer, **given(made))
    assert "has prior transactions" in refusal(emulator, customer=customer, **given(made))


def test_a_code_expires_before_or_with_its_coupon(emulator: Running) -> None:
    now = int(emulator.control("GET", "clock")["now"])
    with pytest.raises(stripe.InvalidRequestError, match="after the coupon's"):
        code(emulator, {"percent_off": 5, "redeem_by": now + 60}, expires_at=now + 61)
    with pytest.raises(stripe.InvalidRequestError, match="greater than the coupon's"):
        code(emulator, {"percent_off": 5, "max_redemptions": 3}, max_redemptions=4)
    made = code(emulator, expires_at=now + 60)
    emulator.advance(61)
    assert not emulator.client().v1.promotion_codes.retrieve(made.id).active
    assert "expired or inactive" in refusal(emulator, **given(made))


def test_a_coupon_may_be_for_some_products(emulator: Running) -> None:
    client = emulator.client().v1
    tea, mug, hat = (client.products.create({"name": name}).id for name in ("Tea", "Mug", "Hat"))
    coupon = client.coupons.create({"percent_off": 50, "applies_to": {"products": [tea]}, "duration": "once"})

    def line(product: str, amount: int) -> dict[str, Any]:
        return {"price_data": {"currency": "usd", "unit_amount": amount, "product": product}, "quantity": 1}

    found = client.coupons.retrieve(coupon.id, {"expand": ["applies_to"]})
    assert found.applies_to
    assert found.applies_to.products == [tea]
    lines = [line(tea, 1000), line(mug, 3000)]
    session = emulator.session(line_items=lines, discounts=[{"coupon": coupon.id}], expand=["line_items"])
    assert session.line_items
    assert [each.amount_discount for each in session.line_items.data] == [500, 0]
    assert session.amount_total == 3500
    why = refusal(emulator, line_items=[line(hat, 1000)], discounts=[{"coupon": coupon.id}])
    assert "doesn't apply to anything" in why


def test_a_code_can_be_entered_and_removed_on_the_page(emulator: Running) -> None:
    made = code(emulator, code="TEN")
    session = emulator.session(allow_promotion_codes=True)
    path = f"/c/pay/{session.id}"
    wrong = emulator.post(path, {"promotion_code": "ELEVEN", "email": "jenny@example.com"}).data.decode()
    assert "This code is invalid." in wrong
    assert 'value="jenny@example.com"' in wrong
    shown = emulator.post(path, {"promotion_code": " ten "}).data.decode()
    assert "Pay $18.00" in shown
    assert "Promotion code: TEN" in shown
    assert total(emulator, session) == 1800
    emulator.post(path, {"remove_code": "yes"})
    assert total(emulator, session) == 2000
    emulator.post(path, {"promotion_code": "TEN"})
    assert "redirect" in emulator.confirm(session)
    assert emulator.client().v1.promotion_codes.retrieve(made.id).times_redeemed == 1


def test_a_page_without_the_field_takes_no_code(emulator: Running) -> None:
    code(emulator, code="TEN")
    session = emulator.session()
    emulator.post(f"/c/pay/{session.id}", {"promotion_code": "TEN"})
    assert total(emulator, session) == 2000


def test_a_changed_total_is_shown_before_it_is_paid(emulator: Running) -> None:
    code(emulator, code="TEN")
    session = emulator.session(allow_promotion_codes=True)
    fields = {"promotion_code": "TEN", "expected_amount": "2000"}
    answer = emulator.confirm(session, **fields)
    assert (answer["changed"], answer["error"]["message"]) == (True, "The total has changed. Check it, then pay.")
    assert emulator.client().v1.charges.list().data == []
    assert "redirect" in emulator.confirm(session, expected_amount="1800")


def test_a_code_can_make_an_order_free(emulator: Running) -> None:
    code(emulator, {"percent_off": 100}, code="GIFT")
    session = emulator.session(allow_promotion_codes=True)
    declined = emulator.confirm(session, **{"card-number": "4000000000000002"})
    assert declined["error"]["message"] == "Your card was declined."
    assert "Complete order" in emulator.post(f"/c/pay/{session.id}", {"promotion_code": "GIFT"}).data.decode()
    assert "redirect" in emulator.confirm(session, **{"card-number": ""})
    found = emulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (found.payment_status, found.amount_total) == ("no_payment_required", 0)
    assert isinstance(found.payment_intent, stripe.PaymentIntent)
    assert found.payment_intent.status == "canceled"
