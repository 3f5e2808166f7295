"""ngrok: its agent is asked at `/api/endpoints`, older ones at `/api/tunnels` (ngrok: "Agent API")."""

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


def ask(api: str) -> str:
    """The https URL of the agent at `api` (`http://ngrok:4040`); raises TunnelDown while there is none."""
    for path in PATHS:
        body = get_json(api + path)
        listed = body.get(path.rpartition("/")[2]) if isinstance(body, dict) else None
        for item in listed or []:
            url = item.get("url") or item.get("public_url") or ""
            if url.startswith("https://"):
                return str(url).rstrip("/")
    raise NoTunnel(f"ngrok's agent at {api} has no https endpoint")
