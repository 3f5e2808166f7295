"""Checks of the public URL: it leads to the app, and private pages can't be opened through it."""

from urllib.parse import urlsplit

from django.conf import settings

from app.config.machine import IMAGE_PORT, in_container
from app.config.running import running
from app.devstack.doctor.finding import Verdict, failed, ok, skipped, warning
from app.devstack.doctor.public_url import explain, leads_here, log, remedy_of, title_of
from app.devstack.doctor.remedies import restart, tunnel_service
from app.devstack.http import SKIP_WARNING, NoResponse, send
from app.devstack.tunnels import SERVICE, Explanation, LeadsElsewhere, NoTunnel, TunnelDown
from app.web.public_url import agents, ask_agent, public_url

BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
}
INTERSTITIAL = "ERR_NGROK_6024"


def tunnel() -> Verdict:
    """Check that there is a public URL."""
    if settings.PUBLIC_URL:
        return ok(f"{settings.PUBLIC_URL} (PUBLIC_URL in .env)")
    expected = expected_agents()
    if not expected:
        return skipped(
            "no tunnel configured (set NGROK_AUTHTOKEN or COMPOSE_PROFILES=cloudflared in .env). This PC and its "
            "network can reach the app."
        )
    errors = []
    for name, api in expected.items():
        try:
            return ok(ask_agent(name, api))
        except TunnelDown as error:
            errors.append(error)
    return _no_tunnel(errors)


def _no_tunnel(errors: list[TunnelDown]) -> Verdict:
    """Name the first hop that is broken: the agent, its session with the tunnel's servers, or where it forwards to."""
    cause = f"{'; '.join(map(str, errors))}."
    if any(isinstance(error, LeadsElsewhere) for error in errors):
        here = f"http://{SERVICE}:{IMAGE_PORT}" if in_container() else f"http://localhost:{settings.PORT}"
        remedy = f"Let the tunnel forward to this app ({here}), or start a second one that does."
        return failed("The tunnel leads to another program", remedy, cause=cause)
    if reported := tunnel_error():
        return failed("The tunnel is down", remedy_of(reported), cause=reported.cause)
    if any(isinstance(error, NoTunnel) for error in errors):
        remedy = (
            f"{restart(tunnel_service())} Common causes: NGROK_AUTHTOKEN is wrong, the domain is in use elsewhere, the "
            "plan's limit is reached, or there is no internet connection."
        )
        return failed("The tunnel's agent is running, but it has no tunnel", remedy, cause=cause)
    remedy = (
        f"{restart(tunnel_service())} Common causes: the program is not installed, NGROK_AUTHTOKEN is wrong, or "
        "cloudflared has no internet connection."
    )
    return failed("The tunnel's agent is not running", remedy, cause=cause)


def outside() -> Verdict:
    """Check that the public URL leads to this installation."""
    url = public_url(ask_now=True)
    try:
        is_here, response = leads_here(url)
    except NoResponse as error:
        remedy = (
            "Check its DNS record, its certificate and your reverse proxy. Some routers don't let a machine reach its "
            "own public address: then try it from another network."
            if settings.PUBLIC_URL
            else f"Check this machine's internet connection, then the tunnel: {log()}."
        )
        return failed(f"{url} can't be reached from here", remedy, cause=f"{str(error).capitalize()}.")
    return ok(f"{url} leads here") if is_here else explain(url, response)


def closed() -> Verdict:
    """Check that private pages can't be opened through the public URL."""
    url = public_url(ask_now=True)
    paths = ["/console/", *([] if settings.PUBLIC_ADMIN else ["/admin/login/"])]
    try:
        found = [path for path in paths if send("GET", url + path, SKIP_WARNING).status != 404]
        if b'"missing"' in send("GET", f"{url}/readyz", SKIP_WARNING).data:
            found.append("/readyz")
    except NoResponse as error:
        return _silent(error)
    if found:
        stop = f"docker compose stop {tunnel_service()}" if in_container() else "stop its program"
        return failed(
            f"Anyone on the internet can open {', '.join(found)}",
            f"Stop the tunnel ({stop}), configure it to keep the visitor's Host header and to send X-Forwarded-For, "
            "and run the doctor again.",
            cause="Requests through the public URL look as if they came from this PC.",
        )
    return ok("admin, console and readiness can't be opened from outside")


def interstitial() -> Verdict:
    """Check what a browser gets at the public URL: the app, or a page that something shows first."""
    url = public_url(ask_now=True)
    try:
        is_here, response = leads_here(url, BROWSER)
    except NoResponse as error:
        return _silent(error)
    if is_here:
        return ok("none: browsers go straight to the app")
    if response.headers.get("Ngrok-Error-Code") != INTERSTITIAL:
        where = urlsplit(response.headers.get("Location", "")).netloc
        page = f"a redirect to {where}" if where else title_of(response) or f"a page with the status {response.status}"
        return warning(
            f"Browsers get {page} first",
            "Turn that page off in the tunnel or proxy (a login, a bot check), at least for /api/, /return/ and "
            "/stripe-webhook: a fetch() can't get past it.",
            cause=f"Programs reach the app at {url}, but a request with a browser's headers does not.",
        )
    return warning(
        "ngrok shows browsers a warning page first",
        "In a frontend, send the header ngrok-skip-browser-warning: 1 with every call (as examples/frontend does). In "
        "a browser, click “Visit Site” once. Paid ngrok plans and other tunnels have no such page.",
        cause="Free ngrok domains show it; in a fetch() it looks like a CORS error.",
    )


def slow_clients() -> Verdict:
    """Report how many slow clients would block the server: gunicorn's threads wait for the rest of each request."""
    threads = settings.WEB_WORKERS * settings.WEB_THREADS
    return ok(
        f"{threads} stalled requests would block the server; a buffering reverse proxy prevents that (docs/security.md)"
    )


def _silent(error: NoResponse) -> Verdict:
    cause = f"{str(error).capitalize()}."
    return failed("The public URL is not responding", restart(tunnel_service()), cause=cause)


def tunnel_error() -> Explanation | None:
    """Return the error that a tunnel's program reported to ./scripts/dev, if any."""
    errors = (Explanation(each.cause, each.remedy) for each in running(settings.DATA_DIR).values() if each.cause)
    return next(errors, None)


def expected_agents() -> dict[str, str]:
    """Return the agents that should have a tunnel: their addresses by setting."""
    expected = agents()
    if settings.NGROK_AUTHTOKEN:
        expected.setdefault("NGROK_API_URL", "http://127.0.0.1:4040")
    return expected
