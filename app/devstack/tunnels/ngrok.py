"""ngrok: its agent is asked at `/api/endpoints`, older ones at `/api/tunnels` (ngrok: "Agent API")."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from app.config.machine import IMAGE_PORT, lan_address
from app.devstack.tunnels import Explanation, NoTunnel, get_json

PATHS = ("/api/endpoints", "/api/tunnels")
# By the number behind ERR_NGROK_ (ngrok: "Error reference"), of the agent and of its cloud.
ERRORS = {
    "105": Explanation("ngrok does not know the token.", "Copy NGROK_AUTHTOKEN again into .env and {after_editing}."),
    "106": Explanation("The token was switched off.", "Copy NGROK_AUTHTOKEN again into .env and {after_editing}."),
    "107": Explanation(
        "The token was revoked or is wrong.", "Copy NGROK_AUTHTOKEN again into .env and {after_editing}."
    ),
    "108": Explanation(
        "This account already runs as many agents as it may.",
        "Stop the other one (https://dashboard.ngrok.com/agents), then {start_tunnel}.",
    ),
    "120": Explanation("The agent is too old.", "Update ngrok, then {start_tunnel}."),
    "121": Explanation("The agent is too old.", "Update ngrok, then {start_tunnel}."),
    "319": Explanation(
        "The domain in NGROK_URL is not one of this account.",
        "Correct or remove NGROK_URL in .env and {after_editing}.",
    ),
    "320": Explanation(
        "The domain in NGROK_URL belongs to another account.",
        "Correct or remove NGROK_URL in .env and {after_editing}.",
    ),
    "334": Explanation(
        "The domain is in use by another agent.", "Stop that one, or remove NGROK_URL from .env and {after_editing}."
    ),
    "702": Explanation("Too many requests a minute for this plan.", "Wait a minute; call less often."),
    "703": Explanation(
        "The bandwidth of this plan is used up.", "Wait for the next month, or take another plan or tunnel."
    ),
    "725": Explanation(
        "The bandwidth of this plan is used up.", "Wait for the next month, or take another plan or tunnel."
    ),
    "727": Explanation(
        "The requests of this plan are used up.", "Wait for the next month, or take another plan or tunnel."
    ),
    "734": Explanation("Too many requests a minute for this plan.", "Wait a minute; call less often."),
    "3004": Explanation(
        "The app's answer was not HTTP.", "Is ngrok pointed at the app's own port, and not at another one?"
    ),
    "3200": Explanation(
        "No agent is connected under this name: the tunnel is down.", "Start the tunnel again: {start_tunnel}."
    ),
    "4018": Explanation(
        "The token is not one of a verified account.", "Copy NGROK_AUTHTOKEN again into .env and {after_editing}."
    ),
    "8012": Explanation(
        "The tunnel stands, but its agent can't reach the app.",
        "Start the app ({start_app}), and check which port ngrok forwards to.",
    ),
}


# Where an agent on this machine, or beside our container, finds this machine. `app` is our service in Docker.
THIS_MACHINE = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal", "host.containers.internal"}  # noqa: S104
SERVICE = "app"


def ask(api: str) -> str:
    """The https URL under which the agent at `api` (`http://ngrok:4040`) forwards to us; raises TunnelDown while there
    is none. One agent can serve many programs."""
    elsewhere = []
    for path in PATHS:
        body = get_json(api + path)
        listed = body.get(path.rpartition("/")[2]) if isinstance(body, dict) else None
        for item in listed or []:
            url, upstream = str(item.get("url") or item.get("public_url") or ""), _upstream(item)
            if not url.startswith("https://"):
                continue
            if not upstream or _is_us(upstream):
                return url.rstrip("/")
            elsewhere.append(f"{url} forwards to {upstream}")
    if elsewhere:
        found = ", ".join(dict.fromkeys(elsewhere))
        raise NoTunnel(
            f"ngrok's agent at {api} forwards to other programs only ({found}); if one of them is a proxy in front of "
            "this app, set PUBLIC_URL to its address"
        )
    raise NoTunnel(f"ngrok's agent at {api} has no https endpoint")


def _upstream(item: dict[str, Any]) -> str:
    """Where an endpoint, or an older agent's tunnel, forwards to; empty when the agent does not say."""
    upstream, config = item.get("upstream"), item.get("config")
    found = (
        upstream.get("url") if isinstance(upstream, dict) else config.get("addr") if isinstance(config, dict) else ""
    )
    return str(found or "")


def _is_us(upstream: str) -> bool:
    """Whether `http://localhost:8000`, `localhost:8000` or `8000` is our own address."""
    address = (
        upstream if "://" in upstream else f"http://{upstream if not upstream.isdecimal() else f'localhost:{upstream}'}"
    )
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return False
    if host == SERVICE:
        return port == IMAGE_PORT
    return port == settings.PORT and host in {*THIS_MACHINE, lan_address()}
