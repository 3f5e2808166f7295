"""Commands for remedies, with Docker and without."""

from django.conf import settings

from app.config.machine import in_container
from app.web.public_url import agents


def restart(service: str) -> str:
    """Return what to do when a service is down, in one or two sentences."""
    if in_container():
        return f"Run: {start_command(service)}. The log says why: {log_of(service)}."
    return "Restart ./scripts/dev; its output says why."


def start_command(service: str) -> str:
    """Return what starts a service that is down."""
    return f"docker compose up -d {service}" if in_container() else "restart ./scripts/dev"


def log_of(service: str) -> str:
    """Return where a service's log is."""
    return f"docker compose logs {service}" if in_container() else "the output of ./scripts/dev"


def tunnel_service() -> str:
    """Return the service or program that provides the public URL."""
    return "cloudflared" if "CLOUDFLARED_API_URL" in agents() and not settings.NGROK_AUTHTOKEN else "ngrok"


def create_admin() -> str:
    """Return the command that creates a user for the admin."""
    return "docker compose exec app python manage.py createsuperuser" if in_container() else "./scripts/run admin"


def after_editing_env() -> str:
    """Return what makes a change of .env take effect."""
    return "run: docker compose up -d" if in_container() else "restart ./scripts/dev"
