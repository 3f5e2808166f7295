"""cloudflared quick tunnels, which need no account. The metrics server reports the name at `/quicktunnel`."""

from app.devstack.tunnels import Explanation, NoTunnel, get_json

# What Cloudflare returns instead of the app's response: a status, or the number in its page ("1xxx errors").
RESPONSES = {
    "530": Explanation("No cloudflared is connected under this name: the tunnel is down.", "Start cloudflared again."),
    "1033": Explanation("No cloudflared is connected under this name: the tunnel is down.", "Start cloudflared again."),
    "502": Explanation(
        "cloudflared can't reach the app.", "Start the app ({start_app}) and check cloudflared's --url."
    ),
}
# Explanations by a part of the program's log line.
LOG = {
    "429 Too Many Requests": Explanation(
        "Cloudflare rate-limits quick tunnels for this IP address.",
        "Wait a few minutes: the request is retried. Or use ngrok (NGROK_AUTHTOKEN in .env).",
    ),
    "failed to request quick Tunnel": Explanation(
        "Cloudflare can't be reached to create a tunnel.",
        "Check this machine's internet connection, DNS and firewall.",
    ),
    "failed to unmarshal quick Tunnel": Explanation(
        "Cloudflare refused to create a tunnel.",
        "Wait a few minutes: the request is retried. Or use ngrok (NGROK_AUTHTOKEN in .env).",
    ),
    "Unable to reach the origin service": Explanation(
        "The tunnel is up, but cloudflared can't reach the app.", "Start the app ({start_app})."
    ),
    "Unable to establish connection with Cloudflare edge": Explanation(
        "Cloudflare can't be reached.", "Let TCP and UDP to port 7844 out of this network's firewall."
    ),
    "failed to dial to edge": Explanation(
        "Cloudflare can't be reached.", "Let TCP and UDP to port 7844 out of this network's firewall."
    ),
}


def ask(api: str) -> str:
    """Return the https URL of the cloudflared whose metrics server is `api`. Raises TunnelDown while there is none."""
    body = get_json(f"{api}/quicktunnel")
    name = body.get("hostname") if isinstance(body, dict) else None
    if not name:
        raise NoTunnel(f"cloudflared at {api} has no quick tunnel")
    return f"https://{name}"
