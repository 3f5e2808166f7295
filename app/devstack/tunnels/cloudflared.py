"""cloudflared quick tunnels: the name is on the metrics server, at `/quicktunnel`. They need no account."""

from app.devstack.tunnels import Explanation, NoTunnel, get_json

# What Cloudflare answers instead of us: a status, or the number in its page ("1xxx errors").
ANSWERS = {
    "530": Explanation("No cloudflared is connected under this name: the tunnel is down.", "Start cloudflared again."),
    "1033": Explanation("No cloudflared is connected under this name: the tunnel is down.", "Start cloudflared again."),
    "502": Explanation(
        "cloudflared can't reach the app.", "Start the app ({start_app}), and check cloudflared's --url."
    ),
}
# What the program says in its log, by a sign of it.
LOG = {
    "429 Too Many Requests": Explanation(
        "Cloudflare gives no more quick tunnels to this address for now.",
        "Wait some minutes: it is asked for again. Or take ngrok (NGROK_AUTHTOKEN in .env).",
    ),
    "failed to request quick Tunnel": Explanation(
        "Cloudflare can't be reached to ask for a tunnel.",
        "Check this machine's internet connection, name server and firewall.",
    ),
    "failed to unmarshal quick Tunnel": Explanation(
        "Cloudflare refused to give a tunnel.",
        "Wait some minutes: it is asked for again. Or take ngrok (NGROK_AUTHTOKEN in .env).",
    ),
    "Unable to reach the origin service": Explanation(
        "The tunnel stands, but cloudflared can't reach the app.", "Start the app ({start_app})."
    ),
    "Unable to establish connection with Cloudflare edge": Explanation(
        "Cloudflare can't be reached.", "Let TCP and UDP to port 7844 out of this network's firewall."
    ),
    "failed to dial to edge": Explanation(
        "Cloudflare can't be reached.", "Let TCP and UDP to port 7844 out of this network's firewall."
    ),
}


def ask(api: str) -> str:
    """The https URL of the cloudflared whose metrics server is `api`; raises TunnelDown while there is none."""
    body = get_json(f"{api}/quicktunnel")
    name = body.get("hostname") if isinstance(body, dict) else None
    if not name:
        raise NoTunnel(f"cloudflared at {api} has no quick tunnel")
    return f"https://{name}"
