"""PaymentIntents: confirm, authenticate, capture, cancel ("How PaymentIntents work")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.errors import card_error
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.payment_intent import new_payment_intent
from stripe_emulator.payments import (
    bank_accounts,
    bank_transfers,
    cards,
    charges,
    disputes,
    fraud_warnings,
    holds,
    methods,
)
from stripe_emulator.payments.declines import DECLINES, error_hash
from stripe_emulator.storage.entity import Entity


def create(context: Context, params: JSON, private: JSON | None = None) -> Entity:
    """Create a PaymentIntent: `payment_intent.created`."""
    private = {"base_url": context.base_url, **(private or {})}
    intent = context.add("payment_intent", new_payment_intent(params, context.now()), private)
    context.emit("payment_intent.created", intent.data)
    return intent


def attempt(context: Context, intent: Entity, method: Entity, *, off_session: bool = False) -> None:
    """Attempt to pay `intent` with `method`. Never raises: the outcome is in the intent's status."""
    intent.data |= {"payment_method": method.id, "last_payment_error": None, "next_action": None}
    authenticated = intent.private.pop("authenticated", None) == method.id
    if method.data["type"] == "customer_balance":
        bank_transfers.wait_for_transfer(context, intent)
        return
    if method.data["type"] != "card":
        process(context, intent, method)
        return
    card = methods.card_of(method)
    if card.authentication == "error":
        decline(context, intent, method, "generic_decline", authenticated=False)
    elif authenticated:
        charge(context, intent, method, authenticated=True)
    elif not _challenges(card, intent, off_session=off_session):
        charge(context, intent, method, authenticated=card.authentication == "frictionless")
    elif off_session:
        decline(context, intent, method, "authentication_required", authenticated=False)
    else:
        require_action(context, intent)


def _challenges(card: cards.Card, intent: Entity, *, off_session: bool) -> bool:
    if card.authentication == "set_up":
        return not off_session
    asked = intent.data["payment_method_options"].get("card", {}).get("request_three_d_secure")
    return card.authentication == "required" or (card.authentication == "optional" and asked in ("any", "challenge"))


def option(intent: Entity, method: Entity, name: str) -> str | None:
    """Return an option for this kind of method: `payment_method_options` override the PaymentIntent's own."""
    own = intent.data["payment_method_options"].get(method.data["type"]) or {}
    value: str | None = own.get(name) or intent.data.get(name)
    return value


def save_method(context: Context, intent: Entity, method: Entity) -> None:
    """Attach the method to the customer if `setup_future_usage` asks for it ("Save payment details during payment")."""
    usage = option(intent, method, "setup_future_usage")
    if usage in ("off_session", "on_session") and intent.data["customer"]:
        methods.attach(context, method, intent.data["customer"])


def require_action(context: Context, intent: Entity) -> None:
    """Ask the buyer to authenticate, on the page at `private["action_url"]` if there is one."""
    intent.data["status"] = "requires_action"
    back, url = intent.private.get("return_url"), intent.private.get("action_url")
    if back and not intent.private.get("use_stripe_sdk"):
        redirect = {"return_url": back, "url": url}
        intent.data["next_action"] = {"redirect_to_url": redirect, "type": "redirect_to_url"}
    else:
        sdk = {"type": "three_d_secure_redirect", "stripe_js": url}
        intent.data["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    context.save(intent)
    context.emit("payment_intent.requires_action", intent.data)


def authenticate(context: Context, intent: Entity, *, success: bool) -> None:
    """Continue after the buyer has passed (or failed) authentication."""
    if intent.data["status"] != "requires_action":
        return
    method = context.find("payment_method", intent.data["payment_method"])
    intent.data["next_action"] = None
    if success and intent.data["confirmation_method"] == "manual":
        # "Finalize payments on the server": the shop confirms again.
        intent.private["authenticated"] = method.id
        intent.data["status"] = "requires_confirmation"
        context.save(intent)
    elif success:
        charge(context, intent, method, authenticated=True)
    else:
        fail(context, intent, method, "payment_intent_authentication_failure", charged=None)


def charge(context: Context, intent: Entity, method: Entity, *, authenticated: bool) -> None:
    """Ask the issuer to approve the payment."""
    card = methods.card_of(method)
    if card.decline:
        decline(context, intent, method, card.decline, authenticated=authenticated)
        return
    made = charges.open_charge(context, intent, method, authenticated=authenticated)
    charges.authorize(context, made, method)
    if option(intent, method, "capture_method") == "manual":
        holds.hold(context, intent, made)
    else:
        succeed(context, intent, made, at_once=card.available_at_once)
    save_method(context, intent, method)
    if card.dispute:
        disputes.open_disputes(context, made, card.dispute, card.disputes)
    if card.fraud_warning:
        fraud_warnings.warn(context, made)


def succeed(context: Context, intent: Entity, made: Entity, *, at_once: bool = False) -> None:
    """Capture right away: `charge.succeeded`, `payment_intent.succeeded`."""
    later = intent.data["capture_method"] == "automatic_async"
    charges.capture(context, made, made.data["amount"], at_once=at_once)
    if not later:
        charges.book(context, made, later=False)
    intent.data |= {"status": "succeeded", "amount_received": made.data["amount"], "processing": None}
    context.save(intent)
    context.emit("charge.succeeded", made.data)
    context.emit("payment_intent.succeeded", intent.data)
    if later:
        charges.book(context, made, later=True)


def decline(context: Context, intent: Entity, method: Entity, code: str, *, authenticated: bool) -> None:
    """Create a charge and fail it."""
    made = charges.open_charge(context, intent, method, authenticated=authenticated)
    charges.fail(context, made, DECLINES[code])
    fail(context, intent, method, code, charged=made.id)


def fail(context: Context, intent: Entity, method: Entity, code: str, *, charged: str | None) -> None:
    """Return to `requires_payment_method` with `last_payment_error`: `payment_intent.payment_failed`."""
    error = error_hash(DECLINES[code], charge=charged, method=dict(method.data))
    intent.data |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "last_payment_error": error,
        "processing": None,
        "next_action": None,
    }
    context.schedule(intent, None)
    context.emit("payment_intent.payment_failed", intent.data)


def raise_last_error(intent: Entity) -> None:
    """Raise a 402 (with the whole PaymentIntent, as Stripe does) if the attempt failed."""
    error = intent.data["last_payment_error"]
    if error and intent.data["status"] == "requires_payment_method":
        raise card_error(402, {**error, "payment_intent": intent.data})


def process(context: Context, intent: Entity, method: Entity) -> None:
    """Start a bank debit; the scheduler calls `settle` later."""
    account = bank_accounts.find(method.private.get("account", ""))
    made = charges.open_charge(context, intent, method, authenticated=False)
    intent.data["status"] = "processing"
    config = context.emulator.config
    wait = config.settle_late_after if account.late else config.settle_after
    save_method(context, intent, method)
    context.schedule(intent, None if account.never else context.emulator.clock.now() + wait)
    context.emit("payment_intent.processing", intent.data)
    context.emit("charge.pending", made.data)


def receive(context: Context, intent: Entity, method: Entity) -> None:
    """Complete a bank transfer that has arrived in full."""
    made = charges.open_charge(context, intent, method, authenticated=False)
    charges.authorize(context, made, method)
    succeed(context, intent, made)


def settle(context: Context, intent: Entity) -> None:
    """Finish a bank debit."""
    if intent.data["status"] != "processing":
        return
    method = context.find("payment_method", intent.data["payment_method"])
    made = context.find("charge", intent.data["latest_charge"])
    account = bank_accounts.find(method.private.get("account", ""))
    if account.fails:
        charges.fail(context, made, DECLINES[account.fails])
        fail(context, intent, method, account.fails, charged=made.id)
        return
    charges.authorize(context, made, method)
    succeed(context, intent, made)
    if account.dispute:
        disputes.open_disputes(context, made, account.dispute)


def cancel(context: Context, intent: Entity, reason: str | None) -> None:
    """Cancel it and release the authorized amount: `payment_intent.canceled`."""
    if intent.data["status"] == "requires_capture":
        holds.release(context, intent)
    intent.data |= {
        "status": "canceled",
        "canceled_at": context.now(),
        "cancellation_reason": reason,
        "next_action": None,
    }
    context.schedule(intent, None)
    context.emit("payment_intent.canceled", intent.data)
