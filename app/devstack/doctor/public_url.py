"""Find out what responds at an address: this installation, or another program. Explain the latter."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from django.conf import settings

from app.devstack.doctor.finding import Verdict, failed
from app.devstack.doctor.remedies import after_editing_env, log_of, start_command, tunnel_service
from app.devstack.http import SKIP_WARNING, send
from app.devstack.tunnels import Explanation, cloudflared, ngrok
from app.web.installation import answer_to, challenge

PROGRAM = {"Accept": "application/json", **SKIP_WARNING}
TITLE = re.compile(r"<title[^>]*>\s*([^<]{1,80}?)\s*</title>", re.I)
PROXY_ERRORS = (502, 503, 504)


def leads_here(url: str, headers: Mapping[str, str] = PROGRAM) -> tuple[bool, urllib3.BaseHTTPResponse]:
    """Return whether this installation responds at `url`, and the response. Raises NoResponse.

    Another installation of this program can't prove that.
    """
    sent = challenge()
    response = send("GET", f"{url}/healthz?{urlencode({'challenge': sent})}", headers)
    return _json(response).get("answer") == answer_to(sent), response


def explain(url: str, response: urllib3.BaseHTTPResponse) -> Verdict:
    """Return the verdict on a response at the public URL that is not this installation's."""
    text = response.data[:20_000].decode(errors="replace")
    if code := _ngrok_code(response, text):
        found = ngrok.ERRORS.get(
            code,
            Explanation("ngrok refused the request.", f"Look it up: https://ngrok.com/docs/errors/err_ngrok_{code}"),
        )
        return _verdict(url, found, f"ERR_NGROK_{code}")
    if "cloudflare" in response.headers.get("Server", "").lower() and (code := _cloudflare_code(response, text)):
        return _verdict(url, cloudflared.RESPONSES[code], f"Cloudflare {code}")
    body = _json(response)
    if body.get("status") == "ok":
        return failed(
            f"{url} leads to another installation of this program",
            "Stop the other one or its tunnel, or give this one a name of its own (NGROK_URL or PUBLIC_URL in .env) "
            f"and {after_editing_env()}.",
            cause="It is this program with another database or SECRET_KEY. Or something in between caches responses or "
            "drops the query.",
        )
    if body.get("code") == "host_not_allowed":
        words = Explanation(
            "The app does not accept that host name.", "Set PUBLIC_URL in .env to this address and {after_editing}."
        )
        return _verdict(url, words, "400 from the app")
    return _verdict(url, _stranger(response, text), f"status {response.status}")


def title_of(response: urllib3.BaseHTTPResponse) -> str:
    """Return the title of the page in a response, in quotes; empty if there is none."""
    found = TITLE.search(response.data[:20_000].decode(errors="replace"))
    return f"“{found[1]}”" if found else ""


def _stranger(response: urllib3.BaseHTTPResponse, text: str) -> Explanation:
    target = urlsplit(response.headers.get("Location", ""))
    if 300 <= response.status < 400 and target.netloc:
        origin = f"{target.scheme}://{target.netloc}"
        return Explanation(
            f"This address redirects to {origin}, which neither Stripe's events nor API calls follow.",
            "If that is this app too, set PUBLIC_URL in .env to that address and {after_editing}.",
        )
    if response.status in PROXY_ERRORS:
        return Explanation(
            "A proxy responds at this address, but it can't reach the app.",
            f"Check to which address it forwards (this app listens on port {settings.PORT}), and its timeouts.",
        )
    who = ", ".join(filter(None, [title_of(response), response.headers.get("Server", "")]))
    return Explanation(
        f"Another program responds at this address{f': {who}' if who else ''}.",
        "Check where the tunnel or PUBLIC_URL leads.",
    )


def _json(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


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


def log() -> str:
    """Return where whatever serves the public URL writes its log."""
    return "the log of your proxy or tunnel" if settings.PUBLIC_URL else log_of(tunnel_service())


def _verdict(url: str, found: Explanation, sign: str) -> Verdict:
    return failed(
        f"{url} does not lead here", f"{remedy_of(found)} See also: {log()}.", cause=f"{found.cause} ({sign})"
    )
