"""Explain responses at the public URL that are not the app's."""

import re

import urllib3

from app.devstack.doctor.finding import Verdict, failed
from app.devstack.doctor.remedies import after_editing_env, log_of, start_command, tunnel_service
from app.devstack.tunnels import Explanation, cloudflared, ngrok
from app.web.hosts import REFUSAL


def explain(url: str, response: urllib3.BaseHTTPResponse) -> Verdict:
    """Return the verdict on a response at the public URL that is not the app's."""
    text = response.data[:20_000].decode(errors="replace")
    if code := _ngrok_code(response, text):
        found = ngrok.ERRORS.get(
            code,
            Explanation("ngrok refused the request.", f"Look it up: https://ngrok.com/docs/errors/err_ngrok_{code}"),
        )
        return _verdict(url, found, f"ERR_NGROK_{code}")
    if "cloudflare" in response.headers.get("Server", "").lower() and (code := _cloudflare_code(response, text)):
        return _verdict(url, cloudflared.RESPONSES[code], f"Cloudflare {code}")
    if response.status == 400 and REFUSAL in text:
        words = Explanation(
            "The app does not accept that host name.", "Set PUBLIC_URL in .env to this address and {after_editing}."
        )
        return _verdict(url, words, "400 from the app")
    words = Explanation("Another program responds at this address.", "Check where the tunnel or PUBLIC_URL leads.")
    return _verdict(url, words, f"status {response.status}")


def _ngrok_code(response: urllib3.BaseHTTPResponse, text: str) -> str:
    found = re.search(r"ERR_NGROK_(\d+)", response.headers.get("Ngrok-Error-Code", "") or text)
    return found[1] if found else ""


def _cloudflare_code(response: urllib3.BaseHTTPResponse, text: str) -> str:
    if "1033" in text:
        return "1033"
    return str(response.status) if str(response.status) in cloudflared.RESPONSES else ""


def remedy_of(explanation: Explanation) -> str:
    """Return the remedy with the commands for this environment."""
    return explanation.remedy.format(
        start_tunnel=start_command(tunnel_service()), start_app=start_command("app"), after_editing=after_editing_env()
    )


def _verdict(url: str, found: Explanation, sign: str) -> Verdict:
    remedy = remedy_of(found)
    log = log_of(tunnel_service())
    return failed(f"{url} does not lead here", f"{remedy} See also: {log}.", cause=f"{found.cause} ({sign})")
