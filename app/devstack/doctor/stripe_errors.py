"""Stripe's errors in plain words: what it means, and what to do (Stripe: "Error handling")."""

from typing import Any

from app.config.stripe_mode import stripe_mode
from app.devstack.doctor.finding import Verdict, failed
from app.devstack.doctor.remedies import KEYS, after_editing_env, log_of, start_again
from app.web.problems import Problem

# What the text of a failed connection tells, the most telling first.
CONNECTION_CAUSES = {
    "certificate": "The answer's certificate is not trusted: a proxy or virus scanner opens the line.",
    "resolve": "The name can't be resolved: no internet connection, or no DNS.",
    "refused": "Nobody listens at that address.",
    "timed out": "No answer in time: a firewall, or a very slow connection.",
    "unreachable": "There is no way to that network: no internet connection.",
}
# What Stripe says when it is the product that it does not take.
PRODUCT_REFUSED = ("Invalid currency", "must add up to at least", "must be no more than")


def explain(problem: Problem) -> Verdict:
    """The verdict on a call that Stripe, or the way to it, did not let through."""
    error: Any = problem.__cause__
    by_kind = {
        "AuthenticationError": _key_refused,
        "PermissionError": _key_too_narrow,
        "RateLimitError": _too_many,
        "APIConnectionError": _unreachable,
        "AmountError": _product_wrong,
    }
    return by_kind.get(type(error).__name__, _other)(problem, error)


def _key_refused(problem: Problem, error: Any) -> Verdict:
    return failed(
        "Stripe does not accept the secret key",
        f"Copy the secret key (sk_test_…) again from {KEYS} into STRIPE_SECRET_KEY in .env, "
        f"and {after_editing_env()}. Without a key the local Stripe is used.",
        cause="STRIPE_SECRET_KEY is mistyped, was rolled or deleted, or has expired (Stripe answered 401).",
    )


def _key_too_narrow(problem: Problem, error: Any) -> Verdict:
    return failed(
        "The restricted key may not do what is needed",
        f"Give the key at {KEYS} write access to Checkout Sessions, Refunds and PaymentIntents and read access to "
        "Events, and access to the Stripe CLI; or use the secret key (sk_test_…).",
        cause=f"Stripe answered 403: {error.user_message or problem.detail}",
    )


def _too_many(problem: Problem, error: Any) -> Verdict:
    return failed(
        "Stripe is being asked too often",
        "Wait a minute and try again; find out what calls Stripe so often (a loop, a load test).",
        cause="Stripe answered 429 (in test mode: 25 calls a second).",
    )


def _product_wrong(problem: Problem, error: Any) -> Verdict:
    return failed("A product can't be sold", "Correct the product in /admin/.", cause=problem.detail)


def _unreachable(problem: Problem, error: Any) -> Verdict:
    text = f"{error} {getattr(error, '__cause__', '')}"
    if stripe_mode() == "emulator":
        return failed(
            "The local Stripe does not answer",
            f"Start it: {start_again('stripe-emulator')}. It says why in: {log_of('stripe-emulator')}.",
            cause=_connection_cause(text),
        )
    return failed(
        "Stripe can't be reached",
        "Check the internet connection of this machine (VPN, proxy, firewall); https://status.stripe.com tells whether "
        "it is Stripe.",
        cause=_connection_cause(text),
    )


def _connection_cause(text: str) -> str:
    return next((cause for sign, cause in CONNECTION_CAUSES.items() if sign in text), "The connection failed.")


def _other(problem: Problem, error: Any) -> Verdict:
    status, request = getattr(error, "http_status", None), getattr(error, "request_id", None)
    where = f" Request {request}: https://dashboard.stripe.com/test/logs/{request}." if request else ""
    if status and status >= 500:
        return failed(
            "Stripe is failing",
            "Wait and try again; https://status.stripe.com says more. With the local Stripe: is a fault switched on in "
            "the console?",
            cause=f"Stripe answered {status}.{where}",
        )
    if any(sign in problem.detail for sign in PRODUCT_REFUSED):
        return failed(
            "Stripe refuses the product's price",
            "Correct the product in /admin/ (Products). PRODUCT_CURRENCY and PRODUCT_AMOUNT in .env count only when it "
            "is first written.",
            cause=f"Stripe says: {problem.detail.partition('. ')[0].rstrip('.')}.",
        )
    return failed(
        "Stripe refuses our request",
        f"Read what Stripe says, and look the request up in its log.{where}",
        cause=f"Stripe answered {status}: {problem.detail}",
    )
