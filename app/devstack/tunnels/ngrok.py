"""ngrok: the agent lists its URLs at `/api/endpoints`, an older one at `/api/tunnels` (ngrok: "Agent API")."""

from typing import Any

from app.devstack.tunnels import Explanation, LeadsElsewhere, NoTunnel, get_json, is_this_app

PATHS = ("/api/endpoints", "/api/tunnels")
# By the number after ERR_NGROK_ (ngrok: "Error reference"), from the agent and from ngrok's cloud.
ERRORS = {
    "105": Explanation(
        "ngrok does not recognize the token.", "Copy NGROK_AUTHTOKEN again into .env and {after_editing}."
    ),
    "106": Explanation("The token was deactivated.", "Copy NGROK_AUTHTOKEN again into .env and {after_editing}."),
    "107": Explanation("The token is revoked or wrong.", "Copy NGROK_AUTHTOKEN again into .env and {after_editing}."),
    "108": Explanation(
        "This account has reached its limit of agents.",
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
        "The domain is in use by another agent.",
        "Stop the other agent, or remove NGROK_URL from .env and {after_editing}.",
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
    "3004": Explanation("The app's response was not HTTP.", "Check that ngrok forwards to the app's port."),
    "3200": Explanation(
        "No agent is connected under this name: the tunnel is down.", "Start the tunnel again: {start_tunnel}."
    ),
    "4018": Explanation(
        "The token does not belong to a verified account.", "Copy NGROK_AUTHTOKEN again into .env and {after_editing}."
    ),
    "8012": Explanation(
        "The tunnel is up, but its agent can't reach the app.",
        "Start the app ({start_app}) and check which port ngrok forwards to.",
    ),
}


def ask(api: str) -> str:
    """Return the https URL that the agent at `api` (`http://ngrok:4040`) forwards to us.

    One agent can serve many programs. Raises TunnelDown while none of its URLs is ours.
    """
    elsewhere = []
    for path in PATHS:
        body = get_json(api + path)
        listed = body.get(path.rpartition("/")[2]) if isinstance(body, dict) else None
        for item in listed or []:
            url, upstream = str(item.get("url") or item.get("public_url") or ""), _upstream(item)
            if not url.startswith("https://"):
                continue
            if not upstream or is_this_app(upstream):
                return url.rstrip("/")
            elsewhere.append(f"{url} forwards to {upstream}")
    if elsewhere:
        found = ", ".join(dict.fromkeys(elsewhere))
        raise LeadsElsewhere(
            f"ngrok's agent at {api} forwards only to other programs ({found}); if one of them is a reverse proxy in "
            "front of this app, set PUBLIC_URL to its address"
        )
    raise NoTunnel(f"ngrok's agent at {api} has no https endpoint")


def _upstream(item: dict[str, Any]) -> str:
    """Return where an endpoint, or an older agent's tunnel, forwards to; empty if the agent does not say."""
    upstream, config = item.get("upstream"), item.get("config")
    found = (
        upstream.get("url") if isinstance(upstream, dict) else config.get("addr") if isinstance(config, dict) else ""
    )
    return str(found or "")
