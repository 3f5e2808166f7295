"""Explain Stripe's errors: the cause and the remedy (Stripe: "Error handling")."""

from typing import Any

from app.config.env import API_KEYS_URL
from app.config.stripe_mode import stripe_mode
from app.devstack.doctor.finding import Verdict, failed
from app.devstack.doctor.remedies import after_editing_env, restart
from app.web.problems import Problem

# The cause by a part of a connection error's text, the most specific first.
CONNECTION_CAUSES = {
    "certificate": "The server's certificate is not trusted: a proxy or virus scanner intercepts the connection.",
    "resolve": "The name can't be resolved: no internet connection, or no DNS.",
    "refused": "Nothing is listening at that address.",
    "timed out": "The request timed out: a firewall, or a very slow connection.",
    "unreachable": "The network is unreachable: no internet connection.",
}
# Parts of Stripe's messages when it rejects the product's price.
PRODUCT_REFUSED = ("Invalid currency", "must add up to at least", "must be no more than")


def explain(problem: Problem) -> Verdict:
    """Return the verdict on a failed call to Stripe."""
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
        "Stripe rejects the secret key",
        f"Copy the secret key (sk_test_…) again from {API_KEYS_URL} into STRIPE_SECRET_KEY in .env, "
        f"and {after_editing_env()}. Without a key, the local Stripe is used.",
        cause="STRIPE_SECRET_KEY is mistyped, rolled, deleted or expired (Stripe returned 401).",
    )


def _key_too_narrow(problem: Problem, error: Any) -> Verdict:
    return failed(
        "The restricted key lacks permissions",
        f"Give the key at {API_KEYS_URL} write access to Checkout Sessions, Refunds and PaymentIntents, read access to "
        "Events, and access to the Stripe CLI; or use the secret key (sk_test_…).",
        cause=f"Stripe returned 403: {error.user_message or problem.detail}",
    )


def _too_many(problem: Problem, error: Any) -> Verdict:
    return failed(
        "Stripe's rate limit is exceeded",
        "Wait a minute and try again. Find out what calls Stripe so often (a loop, a load test).",
        cause="Stripe returned 429 (the limit in test mode: 25 calls per second).",
    )


def _product_wrong(problem: Problem, error: Any) -> Verdict:
    return failed("A product can't be sold", "Correct the product in /admin/.", cause=problem.detail)


def _unreachable(problem: Problem, error: Any) -> Verdict:
    text = f"{error} {getattr(error, '__cause__', '')}"
    if stripe_mode() == "emulator":
        return failed(
            "The local Stripe is not responding",
            restart("stripe-emulator"),
            cause=_connection_cause(text),
        )
    return failed(
        "Stripe can't be reached",
        "Check this machine's internet connection (VPN, proxy, firewall). https://status.stripe.com shows whether "
        "Stripe is down.",
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
            "Wait and try again; see https://status.stripe.com. With the local Stripe, check that no fault is on in "
            "the console.",
            cause=f"Stripe returned {status}.{where}",
        )
    if any(sign in problem.detail for sign in PRODUCT_REFUSED):
        return failed(
            "Stripe rejects the product's price",
            "Correct the product in /admin/ (Products). PRODUCT_CURRENCY and PRODUCT_AMOUNT in .env apply only when "
            "it is first created.",
            cause=f"Stripe says: {problem.detail.partition('. ')[0].rstrip('.')}.",
        )
    return failed(
        "Stripe rejects the app's request",
        f"Read Stripe's message, and look up the request in its log.{where}",
        cause=f"Stripe returned {status}: {problem.detail}",
    )
