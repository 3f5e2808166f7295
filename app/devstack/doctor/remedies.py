"""What to type, with Docker and without."""

from django.conf import settings

from app.config.machine import in_container
from app.web.public_url import agents

KEYS = "https://dashboard.stripe.com/test/apikeys"


def start_again(service: str = "") -> str:
    """How to start the stack, or one service of it, again."""
    if in_container():
        return f"docker compose up -d {service}".strip()
    return "stop ./scripts/dev and start it again"


def log_of(service: str) -> str:
    """Where to read what a service says."""
    return f"docker compose logs {service}" if in_container() else "the lines of ./scripts/dev"


def tunnel_service() -> str:
    """The service, or program, that makes the public URL."""
    return "cloudflared" if "CLOUDFLARED_API_URL" in agents() and not settings.NGROK_AUTHTOKEN else "ngrok"


def after_editing_env() -> str:
    """What makes a change of .env count."""
    return "run: docker compose up -d" if in_container() else "start ./scripts/dev again"
