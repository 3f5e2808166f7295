"""What a tunnel answers instead of us, in plain words (ngrok: "Error reference"; Cloudflare: "1xxx errors")."""

import re
from typing import NamedTuple

import urllib3

from app.devstack.doctor.finding import Verdict, failed
from app.devstack.doctor.remedies import after_editing_env, log_of, start_again


class Explanation(NamedTuple):
    """Why, and what to do."""

    cause: str
    remedy: str


RESTART = "Start the tunnel again: {start_ngrok}."
NGROK = {
    "105": Explanation("ngrok does not know the token.", "Copy NGROK_AUTHTOKEN again into .env and {after_editing}."),
    "107": Explanation(
        "The token was revoked or is wrong.", "Copy NGROK_AUTHTOKEN again into .env and {after_editing}."
    ),
    "108": Explanation(
        "This account already runs as many agents as it may.",
        "Stop the other one (https://dashboard.ngrok.com/agents), then {start_ngrok}.",
    ),
    "120": Explanation("The agent is too old.", "Update ngrok, then {start_ngrok}."),
    "121": Explanation("The agent is too old.", "Update ngrok, then {start_ngrok}."),
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
    "3200": Explanation("No agent is connected under this name: the tunnel is down.", RESTART),
    "8012": Explanation(
        "The tunnel stands, but its agent can't reach the app.",
        "Start the app ({start_app}), and check which port ngrok forwards to.",
    ),
}
CLOUDFLARE = {
    "530": Explanation("No cloudflared is connected under this name: the tunnel is down.", "Start cloudflared again."),
    "1033": Explanation("No cloudflared is connected under this name: the tunnel is down.", "Start cloudflared again."),
    "502": Explanation(
        "cloudflared can't reach the app.", "Start the app ({start_app}), and check cloudflared's --url."
    ),
}


def explain(url: str, answer: urllib3.BaseHTTPResponse) -> Verdict:
    """The verdict on an answer under the public URL that is not ours."""
    text = answer.data[:20_000].decode(errors="replace")
    if code := _ngrok_code(answer, text):
        found = NGROK.get(
            code, Explanation("ngrok refused.", f"Look it up: https://ngrok.com/docs/errors/err_ngrok_{code}")
        )
        return _verdict(url, found, f"ERR_NGROK_{code}")
    if "cloudflare" in answer.headers.get("Server", "").lower() and (code := _cloudflare_code(answer, text)):
        return _verdict(url, CLOUDFLARE[code], f"Cloudflare {code}")
    if answer.status == 400 and "does not answer to that host name" in text:
        words = Explanation(
            "The app does not believe that name.", "Set PUBLIC_URL to this very address in .env and {after_editing}."
        )
        return _verdict(url, words, "400 by the app")
    words = Explanation("Something else answers at this address.", "Check where the tunnel or PUBLIC_URL leads to.")
    return _verdict(url, words, f"status {answer.status}")


def _ngrok_code(answer: urllib3.BaseHTTPResponse, text: str) -> str:
    found = re.search(r"ERR_NGROK_(\d+)", answer.headers.get("Ngrok-Error-Code", "") or text)
    return found[1] if found else ""


def _cloudflare_code(answer: urllib3.BaseHTTPResponse, text: str) -> str:
    if "1033" in text:
        return "1033"
    return str(answer.status) if str(answer.status) in CLOUDFLARE else ""


def _verdict(url: str, found: Explanation, sign: str) -> Verdict:
    remedy = found.remedy.format(
        start_ngrok=start_again("ngrok"), start_app=start_again("app"), after_editing=after_editing_env()
    )
    return failed(f"{url} does not lead here", f"{remedy} See also {log_of('ngrok')}.", cause=f"{found.cause} ({sign})")
