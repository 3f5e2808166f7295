"""Checkout Sessions on their way from open to complete or expired ("How Checkout works")."""

from __future__ import annotations

from stripe_emulator.entity import Entity
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.customer import new_customer
from stripe_emulator.objects.session import customer_details
from stripe_emulator.payments import intents
from stripe_emulator.work import Work


def pay(work: Work, session: Entity, method: Entity) -> Entity:
    """The buyer pressed Pay. The outcome is in the returned PaymentIntent and the session's status."""
    intent = _intent(work, session)
    session.private["billing"] = method.data["billing_details"]
    intents.attempt(work, intent, method)
    follow(work, intent)
    return intent


def _intent(work: Work, session: Entity) -> Entity:
    """Created when the buyer first confirms, as Stripe does; later attempts use the same one."""
    existing = work.get("payment_intent", session.data["payment_intent"])
    if existing:
        return existing
    given: JSON = session.private.get("payment_intent_data", {})
    params = {
        **given,
        "amount": session.data["amount_total"],
        "currency": session.data["currency"],
        "customer": session.data["customer"],
        "payment_method_types": session.data["payment_method_types"],
        "payment_method_options": session.data["payment_method_options"] or {},
    }
    intent = intents.create(work, params, {"session": session.id})
    session.data["payment_intent"] = intent.id
    work.save(session)
    return intent


def complete_free(work: Work, session: Entity, billing: JSON) -> None:
    """Nothing to pay: no PaymentIntent ("No-cost orders")."""
    session.private["billing"] = billing
    _complete(work, session, None)


def follow(work: Work, intent: Entity) -> None:
    """Carry the PaymentIntent's state over to its session, if it has one."""
    session = work.get("checkout.session", intent.private.get("session"))
    if session is None:
        return
    status = intent.data["status"]
    if session.data["status"] == "open":
        if status in ("succeeded", "processing", "requires_capture"):
            _complete(work, session, intent)
    elif session.data["payment_status"] == "unpaid":
        _settle(work, session, intent)


def _complete(work: Work, session: Entity, intent: Entity | None) -> None:
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
        ),
    }
    data["customer_details"]["tax_ids"] = []
    if intent and intent.data["status"] == "succeeded":
        data["payment_status"] = "paid"
    _collect(session)
    if data["customer_creation"] == "always" and not data["customer"]:
        _create_customer(work, session, intent)
    work.schedule(session, None)
    work.emit("checkout.session.completed", data)
    session.private["completed_unpaid"] = data["payment_status"] == "unpaid"


def _collect(session: Entity) -> None:
    shipping = session.private.get("shipping")
    session.data["collected_information"] = {
        "business_name": None,
        "individual_name": None,
        "shipping_details": shipping,
    }


def _create_customer(work: Work, session: Entity, intent: Entity | None) -> None:
    details = session.data["customer_details"]
    known = {name: details[name] for name in ("email", "name", "phone", "address")}
    customer = work.add("customer", new_customer(known, work.now()))
    work.emit("customer.created", customer.data)
    session.data["customer"] = customer.id
    if intent:
        intent.data["customer"] = customer.id
        work.save(intent)


def _settle(work: Work, session: Entity, intent: Entity) -> None:
    """An asynchronous payment has come to its end, or a held one was captured."""
    if intent.data["status"] == "succeeded":
        session.data["payment_status"] = "paid"
        work.save(session)
        if intent.data["capture_method"] != "manual":
            work.emit("checkout.session.async_payment_succeeded", session.data)
    elif intent.data["status"] == "requires_payment_method":
        work.emit("checkout.session.async_payment_failed", session.data)


def expire(work: Work, session: Entity) -> None:
    """By request or because its time has come; what was begun with it is canceled."""
    if session.data["status"] != "open":
        return
    session.data |= {"status": "expired", "url": None}
    work.schedule(session, None)
    intent = work.get("payment_intent", session.data["payment_intent"])
    if intent and intent.data["status"] in ("requires_payment_method", "requires_action", "requires_confirmation"):
        intents.cancel(work, intent, "automatic")
    work.emit("checkout.session.expired", session.data)
