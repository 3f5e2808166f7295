"""Do we know the secret that Stripe's events are signed with?"""

from django.conf import settings

from app.config.machine import in_container
from app.config.stripe_mode import stripe_mode
from app.devstack.doctor.finding import Verdict, failed, ok
from app.devstack.doctor.remedies import log_of, start_again
from app.payments.stripe.secrets import complaint_about_file, webhook_secrets


def secret() -> Verdict:
    """Is there one, and does it look like one?"""
    if complaint := complaint_about_file():
        cause, _, remedy = complaint.partition(": ")
        return failed(
            "The file with the signing secret is not usable",
            f"{remedy[0].upper()}{remedy[1:]}; or delete the file, the stack writes its own.",
            cause=f"{settings.STRIPE_WEBHOOK_SECRET_FILE} {cause}.",
        )
    secrets = webhook_secrets()
    if not secrets:
        return failed(
            "No webhook signing secret is known, so every event is refused",
            _how_to_get_one(),
            cause=f"STRIPE_WEBHOOK_SECRET is empty, and {settings.STRIPE_WEBHOOK_SECRET_FILE} holds none.",
        )
    listed = len(settings.STRIPE_WEBHOOK_SECRETS)
    sources = [f"{listed} from STRIPE_WEBHOOK_SECRET"] if listed else []
    sources += [f"{len(secrets) - listed} provided by the stack"] if len(secrets) > listed else []
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
