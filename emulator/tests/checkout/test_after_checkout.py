"""What follows a session: the recovery of an expired one, receipts and invoices of a paid one."""

from typing import Any

import pytest
import stripe

from support.running import SESSION, Running

RECOVERABLE: dict[str, Any] = {"after_expiration": {"recovery": {"enabled": True, "allow_promotion_codes": True}}}
DAY = 24 * 3600


def expired(emulator: Running, **more: Any) -> Any:
    session = emulator.session(**RECOVERABLE, **more)
    return emulator.client().v1.checkout.sessions.expire(session.id)


def follow(emulator: Running, url: str) -> tuple[int, str]:
    answer = emulator.http.request("GET", url, redirect=False)
    return answer.status, answer.headers.get("Location", "").rpartition("/")[2]


def test_an_expired_session_has_a_recovery_url(emulator: Running) -> None:
    session = emulator.session(**RECOVERABLE)
    recovery: Any = session.after_expiration and session.after_expiration.recovery
    assert (recovery.enabled, recovery.url, recovery.expires_at) == (True, None, None)
    recovery = emulator.client().v1.checkout.sessions.expire(session.id).after_expiration.recovery  # type: ignore[union-attr]
    assert recovery.url.startswith(f"{emulator.url}/c/pay/")
    assert recovery.expires_at - session.created == pytest.approx(30 * DAY, abs=60)
    (event,) = emulator.client().v1.events.list({"type": "checkout.session.expired"}).data
    assert event.data.object["after_expiration"]["recovery"]["url"] == recovery.url


def test_a_recovered_session_is_an_open_copy(emulator: Running) -> None:
    session = expired(emulator, metadata={"order": "7"}, client_reference_id="7", customer_email="ada@example.com")
    status, copy = follow(emulator, session.after_expiration.recovery.url)
    assert status == 303
    sessions = emulator.client().v1.checkout.sessions
    found = sessions.retrieve(copy, {"expand": ["line_items"]})
    assert found.id != session.id
    assert (found.recovered_from, found.status, found.amount_total) == (session.id, "open", 2000)
    assert (found.client_reference_id, found.allow_promotion_codes) == ("7", True)
    assert found.metadata
    assert found.metadata.to_dict() == {"order": "7"}
    assert "redirect" in emulator.confirm(found)
    paid = sessions.retrieve(copy)
    assert (paid.payment_status, paid.recovered_from) == ("paid", session.id)
    assert sessions.retrieve(session.id).status == "expired"


def test_a_recovery_url_opens_the_same_session_until_it_is_closed(emulator: Running) -> None:
    url = expired(emulator).after_expiration.recovery.url
    first, again = follow(emulator, url)[1], follow(emulator, url)[1]
    assert first == again
    emulator.client().v1.checkout.sessions.expire(first)
    assert follow(emulator, url)[1] not in (first, "")


def test_a_recovery_url_ends_after_thirty_days(emulator: Running) -> None:
    url = expired(emulator).after_expiration.recovery.url
    emulator.advance(30 * DAY + 1)
    assert follow(emulator, url)[0] == 404


def test_a_session_without_recovery_can_not_be_recovered(emulator: Running) -> None:
    session = emulator.session()
    path = f"{emulator.url}/c/pay/recover/{session.id}"
    assert follow(emulator, path)[0] == 404
    emulator.client().v1.checkout.sessions.expire(session.id)
    assert follow(emulator, path)[0] == 404
    assert emulator.client().v1.checkout.sessions.list().data[0].id == session.id


def test_a_recovered_session_loses_a_coupon_that_is_used_up(emulator: Running) -> None:
    coupon = emulator.client().v1.coupons.create({"percent_off": 50, "max_redemptions": 1})
    session = expired(emulator, discounts=[{"coupon": coupon.id}])
    emulator.paid(discounts=[{"coupon": coupon.id}])
    copy = emulator.client().v1.checkout.sessions.retrieve(follow(emulator, session.after_expiration.recovery.url)[1])
    assert (copy.amount_total, copy.discounts) == (2000, [])


INVOICED: dict[str, Any] = {
    "invoice_creation": {
        "enabled": True,
        "invoice_data": {
            "description": "Thank you (really)",
            "footer": "Tea Ltd",
            "custom_fields": [{"name": "PO", "value": "4711"}],
            "metadata": {"order": "7"},
            "rendering_options": {"amount_tax_display": "include_inclusive_tax"},
        },
    }
}


def test_a_paid_session_has_an_invoice(emulator: Running) -> None:
    coupon = emulator.client().v1.coupons.create({"percent_off": 10})
    params: Any = {"display_name": "VAT", "percentage": 20, "inclusive": False}
    line = {**SESSION["line_items"][0], "tax_rates": [emulator.client().v1.tax_rates.create(params).id]}
    paid = emulator.paid(**INVOICED, line_items=[line], discounts=[{"coupon": coupon.id}])
    invoice: Any = emulator.client().v1.invoices.retrieve(str(paid.invoice))
    assert (invoice.status, invoice.total, invoice.amount_paid, invoice.amount_remaining) == ("paid", 2160, 2160, 0)
    assert (invoice.subtotal, invoice.total_excluding_tax, invoice.total_taxes[0].amount) == (2000, 1800, 360)
    assert [each.amount for each in invoice.total_discount_amounts] == [200]
    assert (invoice.customer, invoice.customer_email) == (paid.customer, "jenny@example.com")
    assert invoice.number.endswith("-0001")
    (item,) = invoice.lines.data
    assert (item.description, item.quantity, item.amount) == ("T-shirt", 2, 2000)
    assert invoice.metadata.to_dict() == {"order": "7"}
    kinds = [kind for kind in emulator.events() if kind.startswith(("invoice", "checkout"))]
    assert kinds == [
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "checkout.session.completed",
    ]


def test_an_invoice_has_a_page_and_a_pdf(emulator: Running) -> None:
    paid = emulator.paid(**INVOICED)
    invoice = emulator.client().v1.invoices.retrieve(str(paid.invoice))
    html = emulator.http.request("GET", str(invoice.hosted_invoice_url)).data.decode()
    for text in (str(invoice.number), "T-shirt × 2", "$20.00", "PO: 4711", "Thank you (really)", "Jenny Rosen"):
        assert text in html
    file = emulator.http.request("GET", str(invoice.invoice_pdf))
    assert file.headers["Content-Type"] == "application/pdf"
    assert file.data.startswith(b"%PDF-1.4")
    assert b"(Thank you \\(really\\))" in file.data
    start = int(file.data.rpartition(b"startxref\n")[2].split()[0])
    assert file.data[start:].startswith(b"xref\n")
    # Each entry of the table leads to its object.
    entries = file.data[start:].split(b"\n")[3 : 2 + int(file.data[start:].split(b"\n")[1].split()[1])]
    for number, entry in enumerate(entries, 1):
        assert file.data[int(entry.split()[0]) :].startswith(b"%d 0 obj" % number)


def test_an_invoice_waits_for_a_debit(emulator: Running) -> None:
    session = emulator.session(**INVOICED)
    debit = {"account-number": "000123456789", "routing-number": "110000000", "account-name": "Jenny"}
    emulator.confirm(session, method="us_bank_account", **debit)
    sessions = emulator.client().v1.checkout.sessions
    assert sessions.retrieve(session.id).invoice is None
    emulator.advance(61)
    assert sessions.retrieve(session.id, {"expand": ["invoice"]}).invoice.status == "paid"  # type: ignore[union-attr]


def test_numbers_of_a_customer_count_up(emulator: Running) -> None:
    client = emulator.client().v1
    customer = client.customers.create({"email": "ada@example.com", "invoice_prefix": "TEA"}).id
    numbers = []
    for _ in range(2):
        paid = emulator.paid(customer=customer, **INVOICED)
        numbers.append(client.invoices.retrieve(str(paid.invoice)).number)
    assert numbers == ["TEA-0001", "TEA-0002"]
    assert [each.number for each in client.invoices.list({"customer": customer}).data] == numbers[::-1]


def test_an_unknown_invoice_is_a_404(emulator: Running) -> None:
    for path in ("in_none", "in_none/pdf"):
        assert emulator.http.request("GET", f"{emulator.url}/c/pay/invoice/{path}").status == 404


def test_a_receipt_shows_what_was_bought(emulator: Running) -> None:
    coupon = emulator.client().v1.coupons.create({"percent_off": 10, "name": "Summer"})
    post = {"display_name": "Post", "fixed_amount": {"amount": 500, "currency": "usd"}}
    paid = emulator.paid(discounts=[{"coupon": coupon.id}], shipping_options=[{"shipping_rate_data": post}])
    assert isinstance(paid.payment_intent, stripe.PaymentIntent)
    charge = emulator.client().v1.charges.retrieve(str(paid.payment_intent.latest_charge))
    html = emulator.http.request("GET", str(charge.receipt_url)).data.decode()
    for text in ("$23.00", "T-shirt × 2", "Discount (Summer)", "−$2.00", "Shipping (Post)", "$5.00"):
        assert text in html


def test_an_invoice_of_items_is_finalized_and_paid(emulator: Running) -> None:
    client = emulator.client().v1
    customer = client.customers.create({"email": "ada@example.com"}).id
    client.invoice_items.create({"customer": customer, "amount": 2000, "currency": "usd", "description": "Tea"})
    params: Any = {"customer": customer, "pending_invoice_items_behavior": "include"}
    invoice = client.invoices.create(params)
    assert (invoice.status, invoice.total, invoice.number) == ("draft", 2000, None)
    assert client.invoice_items.list({"pending": True}).data == []
    with pytest.raises(stripe.CardError):
        client.invoices.pay(invoice.id, {"payment_method": "pm_card_chargeDeclined"})
    assert "invoice.payment_failed" in emulator.events()
    found = client.invoices.retrieve(invoice.id)
    assert (found.status, found.attempt_count) == ("open", 1)
    paid = client.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.amount_paid, paid.attempt_count) == ("paid", 2000, 2)
    html = emulator.http.request("GET", str(paid.hosted_invoice_url)).data.decode()
    assert "Tea × 1" in html
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        client.invoices.pay(invoice.id)


def test_an_invoice_of_nothing_is_paid_when_it_is_finalized(emulator: Running) -> None:
    client = emulator.client().v1
    customer = client.customers.create({"email": "ada@example.com"}).id
    invoice = client.invoices.finalize_invoice(client.invoices.create({"customer": customer}).id)
    assert (invoice.status, invoice.amount_due) == ("paid", 0)
    coupon = client.coupons.create({"percent_off": 100})
    session = emulator.session(**INVOICED, discounts=[{"coupon": coupon.id}])
    assert "redirect" in emulator.confirm(session)
    free = client.checkout.sessions.retrieve(session.id, {"expand": ["invoice"]})
    assert free.invoice.total == 0  # type: ignore[union-attr]
    assert emulator.events(type="invoice.paid") == ["invoice.paid"] * 2


def test_an_open_invoice_can_be_voided(emulator: Running) -> None:
    client = emulator.client().v1
    customer = client.customers.create({"email": "ada@example.com"}).id
    client.invoice_items.create({"customer": customer, "amount": 2000, "currency": "usd"})
    first = client.invoices.create({"customer": customer, "pending_invoice_items_behavior": "include"}).id
    second = client.invoices.create({"customer": customer}).id
    client.invoices.finalize_invoice(first)
    assert client.invoices.void_invoice(first).status == "void"
    with pytest.raises(stripe.InvalidRequestError, match="This invoice is draft"):
        client.invoices.void_invoice(second)
    assert client.invoices.delete(second).deleted
    with pytest.raises(stripe.InvalidRequestError, match="This invoice is void"):
        client.invoices.update(first, {"description": "late"})
