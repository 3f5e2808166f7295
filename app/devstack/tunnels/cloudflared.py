"""cloudflared quick tunnels: the name is on the metrics server, at `/quicktunnel`. They need no account."""

from app.devstack.tunnels import NoTunnel, get_json


def ask(api: str) -> str:
    """The https URL of the cloudflared whose metrics server is `api`; raises TunnelDown while there is none."""
    body = get_json(f"{api}/quicktunnel")
    name = body.get("hostname") if isinstance(body, dict) else None
    if not name:
        raise NoTunnel(f"cloudflared at {api} has no quick tunnel")
    return f"https://{name}"
