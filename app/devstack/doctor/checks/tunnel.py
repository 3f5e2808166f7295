"""Can other PCs reach us through the public URL, and do they get only what they should?"""

from django.conf import settings

from app.config.machine import in_container
from app.config.running import running
from app.devstack.doctor.finding import Verdict, failed, ok, skipped, warning
from app.devstack.doctor.http import SKIP_WARNING, NoAnswer, send
from app.devstack.doctor.remedies import log_of, start_again, tunnel_service
from app.devstack.doctor.tunnel_errors import explain, remedy_of
from app.devstack.tunnels import Explanation, TunnelDown
from app.web.public_url import agents, ask_agent, public_url

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"}
INTERSTITIAL = "ERR_NGROK_6024"


def tunnel() -> Verdict:
    """Is there a public URL?"""
    if settings.PUBLIC_URL:
        return ok(f"{settings.PUBLIC_URL} (PUBLIC_URL in .env)")
    expected = expected_agents()
    if not expected:
        return skipped(
            "none is set up (NGROK_AUTHTOKEN or COMPOSE_PROFILES=cloudflared in .env does that); this PC and its "
            "network reach the app"
        )
    complaints = []
    for name, api in expected.items():
        try:
            return ok(ask_agent(name, api))
        except TunnelDown as error:
            complaints.append(str(error))
    if trouble := known_trouble():
        return failed("The tunnel is down", remedy_of(trouble), cause=trouble.cause)
    return failed(
        "The tunnel is down",
        f"Start it: {start_again(tunnel_service())}. It says why in: {log_of(tunnel_service())} (the program is "
        "not installed, a wrong NGROK_AUTHTOKEN, a domain that is in use elsewhere, a limit of the plan).",
        cause=f"{'; '.join(complaints)}.",
    )


def outside() -> Verdict:
    """Does the public URL lead here?"""
    url = public_url(ask_now=True)
    try:
        answer = send("GET", f"{url}/healthz", SKIP_WARNING)
    except NoAnswer as error:
        return failed(
            f"{url} can't be reached from here",
            f"Check this machine's internet connection, then the tunnel: {log_of(tunnel_service())}.",
            cause=f"{str(error).capitalize()}.",
        )
    if answer.status == 200 and answer.data.replace(b" ", b"") == b'{"status":"ok"}':
        return ok(f"{url} leads here")
    return explain(url, answer)


def closed() -> Verdict:
    """Is what is not for the public out of reach?"""
    url = public_url(ask_now=True)
    paths = ["/console/", *([] if settings.PUBLIC_ADMIN else ["/admin/login/"])]
    try:
        found = [path for path in paths if send("GET", url + path, SKIP_WARNING).status != 404]
        if b'"missing"' in send("GET", f"{url}/readyz", SKIP_WARNING).data:
            found.append("/readyz")
    except NoAnswer as error:
        return failed("The public URL does not answer", start_again(tunnel_service()), cause=str(error))
    if found:
        stop = f"docker compose stop {tunnel_service()}" if in_container() else "stop its program"
        return failed(
            f"The whole internet can open {', '.join(found)}",
            f"Take the tunnel down ({stop}), then make it pass the visitor's Host header on and "
            "send X-Forwarded-For, and run the doctor again.",
            cause="Requests through the public URL look as if they came from this PC.",
        )
    return ok("admin, console and readiness are out of reach from outside")


def interstitial() -> Verdict:
    """Is there a warning page in front of it?"""
    try:
        answer = send("GET", f"{public_url(ask_now=True)}/api/products/", BROWSER)
    except NoAnswer as error:
        return failed("The public URL does not answer", start_again(tunnel_service()), cause=str(error))
    if answer.headers.get("Ngrok-Error-Code") != INTERSTITIAL:
        return ok("browsers get straight to the app")
    return warning(
        "ngrok shows browsers a warning page first",
        "Frontends: send the header ngrok-skip-browser-warning: 1 with every call (examples/frontend does). People: "
        "press “Visit Site” once. A paid ngrok plan has no such page, and other tunnels neither.",
        cause="Free ngrok domains do that; in a fetch() it looks like a CORS error.",
    )


def slow_clients() -> Verdict:
    """Can slow clients hold the server? gunicorn's threads wait for whatever has not arrived yet."""
    threads = settings.WEB_WORKERS * settings.WEB_THREADS
    return ok(
        f"{threads} stalled requests would block the server; behind a reverse proxy that buffers, none do "
        "(docs/security.md)"
    )


def known_trouble() -> Explanation | None:
    """What the program of the tunnel said to ./scripts/dev, which runs it."""
    troubles = [Explanation(each.cause, each.remedy) for each in running(settings.DATA_DIR).values() if each.cause]
    return troubles[0] if troubles else None


def expected_agents() -> dict[str, str]:
    """The agents that should have a tunnel: the setting's name and the agent's address."""
    expected = agents()
    if settings.NGROK_AUTHTOKEN:
        expected.setdefault("NGROK_API_URL", "http://127.0.0.1:4040")
    return expected
