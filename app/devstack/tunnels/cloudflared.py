"""cloudflared: its metrics server reports a quick tunnel's name at `/quicktunnel`, and all rules at `/config`."""

from typing import Any

from app.devstack.tunnels import Explanation, LeadsElsewhere, NoTunnel, get_json, is_this_app

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
    """Return the https URL that the cloudflared with the metrics server `api` forwards to us.

    A quick tunnel, which needs no account, has one name; a tunnel of an account can have many. Raises TunnelDown while
    none of them is ours.
    """
    body = get_json(f"{api}/quicktunnel")
    quick = str(body.get("hostname") or "") if isinstance(body, dict) else ""
    rules = _rules(get_json(f"{api}/config"))
    if quick and not rules:  # an older cloudflared does not say where it leads
        return f"https://{quick}"
    names = [(str(rule.get("hostname") or quick), str(rule.get("service") or "")) for rule in rules]
    names = [(name, service) for name, service in names if name and "*" not in name]
    for name, service in names:
        if is_this_app(service):
            return f"https://{name}"
    if names:
        found = ", ".join(f"https://{name} forwards to {service}" for name, service in names)
        raise LeadsElsewhere(
            f"cloudflared at {api} forwards only to other programs ({found}); if one of them is a reverse proxy in "
            "front of this app, set PUBLIC_URL to its address"
        )
    raise NoTunnel(f"cloudflared at {api} has no tunnel")


def _rules(body: Any) -> list[dict[str, Any]]:
    """Return the ingress rules: each has a `service` and, in a tunnel of an account, a `hostname`."""
    config = body.get("config") if isinstance(body, dict) else None
    rules = config.get("ingress") if isinstance(config, dict) else None
    return [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
