"""Do we know the secret that Stripe's events are signed with?"""

from django.conf import settings

from app.config.machine import in_container
from app.config.stripe_mode import stripe_mode
from app.devstack.doctor.finding import Verdict, failed, ok
from app.devstack.doctor.remedies import after_editing_env, log_of, start_again
from app.payments.stripe.secrets import webhook_secrets


def secret() -> Verdict:
    """Is there one, and does it look like one?"""
    secrets = webhook_secrets()
    if not secrets:
        return failed(
            "No webhook signing secret is known, so every event is refused",
            _how_to_get_one(),
            cause=f"STRIPE_WEBHOOK_SECRET is empty, and {settings.STRIPE_WEBHOOK_SECRET_FILE} holds none.",
        )
    if strange := [value for value in secrets if not value.startswith("whsec_")]:
        return failed(
            "A signing secret is not one of Stripe's",
            f"Signing secrets begin with whsec_: correct STRIPE_WEBHOOK_SECRET in .env and {after_editing_env()}; or "
            "leave it empty, the stack finds its own.",
            cause=f"{len(strange)} of {len(secrets)} do not begin with whsec_.",
        )
    listed = len(settings.STRIPE_WEBHOOK_SECRETS)
    sources = [f"{listed} from STRIPE_WEBHOOK_SECRET"] if listed else []
    sources += [f"{len(secrets) - listed} handed over by the stack"] if len(secrets) > listed else []
    return ok(" and ".join(sources))


def _how_to_get_one() -> str:
    if in_container():
        return f"Start what hands it over: {start_again('stripe-cli')}. It says why in: {log_of('stripe-cli')}."
    if stripe_mode() == "emulator":
        return "Start the whole system with ./scripts/dev, which hands it over by itself."
    return (
        "Install the Stripe CLI and start ./scripts/dev again, which hands it over by itself; or run "
        "`stripe listen --print-secret` and put what it prints into STRIPE_WEBHOOK_SECRET in .env."
    )
