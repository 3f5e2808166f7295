"""Checkout Sessions, from open to complete or expired ("How Checkout works")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.session import customer_details
from stripe_emulator.objects.customer import new_customer
from stripe_emulator.payments import intents, invoices
from stripe_emulator.payments.checkout import discounts, recovery
from stripe_emulator.storage.entity import Entity


def pay(context: Context, session: Entity, method: Entity) -> Entity:
    """Pay for the session. The outcome is in the returned PaymentIntent and the session's status.

    Raises `StripeError` if its discount can no longer be redeemed.
    """
    discounts.check_again(context, session)
    intent = _intent(context, session)
    session.private["billing"] = method.data["billing_details"]
    if redisplay := session.private.get("allow_redisplay"):
        method.data["allow_redisplay"] = redisplay
        context.save(method)
    intents.attempt(context, intent, method)
    follow(context, intent)
    return intent


def _intent(context: Context, session: Entity) -> Entity:
    """Return the PaymentIntent. As at Stripe, it is created when the buyer first confirms."""
    current = {"amount": session.data["amount_total"], "shipping": _shipping(session)}
    existing = context.get("payment_intent", session.data["payment_intent"])
    if existing:
        existing.data |= current
        return existing
    given: JSON = session.private.get("payment_intent_data", {})
    params = {
        **given,
        **current,
        "currency": session.data["currency"],
        "customer": session.data["customer"],
        "payment_method_types": session.data["payment_method_types"],
        "payment_method_options": session.data["payment_method_options"] or {},
    }
    private = {
        "session": session.id,
        "base_url": session.private.get("base_url", ""),
        # The buyer consents to debits on the page.
        "mandate_data": {"customer_acceptance": {"online": {"ip_address": None, "user_agent": None}, "type": "online"}},
    }
    intent = intents.create(context, params, private)
    session.data["payment_intent"] = intent.id
    context.save(session)
    return intent


def adjust_amount(context: Context, session: Entity) -> None:
    """Give an unfinished PaymentIntent the session's new total. The buyer must authenticate that amount again."""
    intent = context.get("payment_intent", session.data["payment_intent"])
    if intent and intent.data["amount"] != session.data["amount_total"]:
        intent.data |= {
            "amount": session.data["amount_total"],
            "next_action": None,
            "payment_method": None,
            "status": "requires_payment_method",
        }
        context.save(intent)


def _shipping(session: Entity) -> JSON | None:
    """Return the PaymentIntent's `shipping`: what the buyer has entered, or what the shop has given."""
    given: JSON | None = session.private.get("payment_intent_data", {}).get("shipping")
    entered = session.private.get("shipping")
    return {"carrier": None, "phone": None, "tracking_number": None, **entered} if entered else given


def complete_free(context: Context, session: Entity, billing: JSON) -> None:
    """Complete a session whose total is zero, without a PaymentIntent ("No-cost orders").

    Raises `StripeError` if its discount can no longer be redeemed.
    """
    discounts.check_again(context, session)
    session.private["billing"] = billing
    if unpaid := context.get("payment_intent", session.data["payment_intent"]):
        # The order became free after a declined payment.
        intents.cancel(context, unpaid, "automatic")
    _complete(context, session, None)


def follow(context: Context, intent: Entity) -> None:
    """Update the PaymentIntent's session, if it has one."""
    session = context.get("checkout.session", intent.private.get("session"))
    if session is None:
        return
    status = intent.data["status"]
    if session.data["status"] == "open":
        if status in ("succeeded", "processing", "requires_capture"):
            _complete(context, session, intent)
    elif session.data["payment_status"] == "unpaid":
        _settle(context, session, intent)


def _complete(context: Context, session: Entity, intent: Entity | None) -> None:
    billing: JSON = session.private.get("billing", {})
    data = session.data
    data |= {
        "status": "complete",
        "url": None,
        "customer_details": customer_details(
            email=(data["customer_details"] or {}).get("email") or billing.get("email"),
            name=billing.get("name"),
            phone=billing.get("phone"),
            address=billing.get("address"),
            business=session.private.get("business_name"),
            tax_ids=session.private.get("tax_ids", []),
        ),
    }
    session.private["line_items"], session.private["about"] = map(list, zip(*_bought(session), strict=True))
    if customer := context.get("customer", data["customer"]):
        data["customer_details"]["tax_exempt"] = customer.data["tax_exempt"] or "none"
    if intent and intent.data["status"] == "succeeded":
        data["payment_status"] = "paid"
    _collect(session)
    if not data["customer"] and (data["customer_creation"] == "always" or _needs_customer(session)):
        _create_customer(context, session, intent)
    elif data["customer"]:
        _update_customer(context, session)
    if intent and intent.data["customer"] and (method := context.get("payment_method", intent.data["payment_method"])):
        intents.save_method(context, intent, method)
    discounts.redeem(context, session)
    if data["payment_status"] != "unpaid":
        invoices.create_for_session(context, session)
    context.schedule(session, None)
    context.emit("checkout.session.completed", data)
    session.private["completed_unpaid"] = data["payment_status"] == "unpaid"


def _needs_customer(session: Entity) -> bool:
    """Return whether the session creates an invoice or saves the payment method, which both require a customer."""
    if session.data["invoice_creation"]["enabled"]:
        return True
    usages = [each.get("setup_future_usage") for each in (session.data["payment_method_options"] or {}).values()]
    usages.append(session.private.get("payment_intent_data", {}).get("setup_future_usage"))
    return any(usage in ("off_session", "on_session") for usage in usages)


def _update_customer(context: Context, session: Entity) -> None:
    """Copy the buyer's data to the customer, as `customer_update` demands."""
    wanted: JSON = session.private.get("customer_update", {})
    details, shipping = session.data["customer_details"], session.private.get("shipping")
    found = {"address": details["address"], "name": details["name"], "shipping": shipping}
    new = {name: found[name] for name, when in wanted.items() if when == "auto" and found[name]}
    customer = context.find("customer", session.data["customer"])
    previous = {name: customer.data[name] for name, value in new.items() if customer.data[name] != value}
    if previous:
        customer.data |= new
        context.save(customer)
        context.emit("customer.updated", customer.data, previous)


def _bought(session: Entity) -> list[tuple[JSON, JSON]]:
    """Return the line items with their details, without those that the buyer has removed or not added."""
    lines = zip(session.private["line_items"], session.private["about"], strict=True)
    return [(line, about) for line, about in lines if line["quantity"]]


def _collect(session: Entity) -> None:
    shipping = session.private.get("shipping")
    session.data["collected_information"] = {
        "business_name": session.private.get("business_name"),
        "individual_name": None,
        "shipping_details": shipping,
    }


def _create_customer(context: Context, session: Entity, intent: Entity | None) -> None:
    details = session.data["customer_details"]
    known = {name: details[name] for name in ("email", "name", "phone", "address")}
    customer = context.add("customer", new_customer(known, context.now()))
    context.emit("customer.created", customer.data)
    session.data["customer"] = customer.id
    if intent:
        intent.data["customer"] = customer.id
        context.save(intent)


def _settle(context: Context, session: Entity, intent: Entity) -> None:
    """Handle an asynchronous payment that succeeded or failed, or a hold that was captured."""
    if intent.data["status"] == "succeeded":
        session.data["payment_status"] = "paid"
        invoices.create_for_session(context, session)
        context.save(session)
        if intent.data["capture_method"] != "manual":
            context.emit("checkout.session.async_payment_succeeded", session.data)
    elif intent.data["status"] == "requires_payment_method":
        context.emit("checkout.session.async_payment_failed", session.data)


def expire(context: Context, session: Entity) -> None:
    """Expire an open session, and cancel its unfinished PaymentIntent."""
    if session.data["status"] != "open":
        return
    session.data |= {"status": "expired", "url": None}
    recovery.offer(context, session)
    context.schedule(session, None)
    intent = context.get("payment_intent", session.data["payment_intent"])
    if intent and intent.data["status"] in ("requires_payment_method", "requires_action", "requires_confirmation"):
        intents.cancel(context, intent, "automatic")
    context.emit("checkout.session.expired", session.data)
