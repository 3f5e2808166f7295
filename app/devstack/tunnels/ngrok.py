"""ngrok: its agent is asked at `/api/endpoints`, older ones at `/api/tunnels` (ngrok: "Agent API")."""

from app.devstack.tunnels import NoTunnel, get_json

PATHS = ("/api/endpoints", "/api/tunnels")


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
