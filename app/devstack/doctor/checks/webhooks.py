"""Check of the webhook signing secret."""

from django.conf import settings

from app.config.machine import in_container
from app.config.stripe_mode import stripe_mode
from app.devstack.doctor.finding import Verdict, failed, ok
from app.devstack.doctor.remedies import restart
from app.payments.stripe.secrets import secret_file_error, webhook_secrets


def secret() -> Verdict:
    """Check that there is a signing secret, and that the secret file has the right format."""
    if error := secret_file_error():
        cause, _, remedy = error.partition(": ")
        return failed(
            "The file with the signing secret is unusable",
            f"{remedy[0].upper()}{remedy[1:]}; or delete the file: the stack writes its own.",
            cause=f"{settings.STRIPE_WEBHOOK_SECRET_FILE} {cause}.",
        )
    secrets = webhook_secrets()
    if not secrets:
        return failed(
            "There is no webhook signing secret, so every event is rejected",
            _how_to_get_one(),
            cause=f"STRIPE_WEBHOOK_SECRET is empty, and {settings.STRIPE_WEBHOOK_SECRET_FILE} has none.",
        )
    listed = len(settings.STRIPE_WEBHOOK_SECRETS)
    sources = [f"{listed} from STRIPE_WEBHOOK_SECRET"] if listed else []
    sources += [f"{len(secrets) - listed}, provided by the stack"] if len(secrets) > listed else []
    return ok(" and ".join(sources))


def _how_to_get_one() -> str:
    if in_container():
        return f"The stripe-cli service provides it. {restart('stripe-cli')}"
    if stripe_mode() == "emulator":
        return "Start everything with ./scripts/dev, which provides it."
    return (
        "Install the Stripe CLI and restart ./scripts/dev, which then provides it; or run `stripe listen "
        "--print-secret` and put the secret into STRIPE_WEBHOOK_SECRET in .env."
    )
