"""Links for the buyer, built only from validated addresses, never from an unchecked header."""

import re
import uuid
from functools import cache, lru_cache
from urllib.parse import unquote_plus, urlsplit
from wsgiref.types import WSGIEnvironment
from wsgiref.util import application_uri

from django.conf import settings
from django.urls import reverse

from app.config.stripe_mode import stripe_mode
from app.payments.models import Order
from app.web.gate import Distance, distance
from app.web.hosts import is_local_name, name_in
from app.web.problems import Problem
from app.web.public_url import public_url

PLACEHOLDER = "{order_id}"
OURS = ("order_id", "canceled")  # the query parameters that we add
# Browsers treat a backslash as a slash and ignore a user name before an @: neither is allowed.
WEB_ADDRESS = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?([/?#][^\\\s\x00-\x1f]*)?")


def base_url(environ: WSGIEnvironment) -> str:
    """Return the address that the buyer used (`https://name`); its Host header has been checked.

    By default, nginx sends the upstream's name as Host. With PUBLIC_URL, a local name is therefore the buyer's own
    only in a request from this PC or its network. `environ` is WSGI's, or Django's `request.META`.
    """
    host = environ.get("HTTP_HOST", "")
    if settings.PUBLIC_URL and is_local_name(name_in(host)) and distance(environ) >= Distance.UNKNOWN:
        return str(settings.PUBLIC_URL)
    if not host:
        return application_uri(environ).rstrip("/")
    public = public_url()
    if public and host == urlsplit(public).netloc:
        return public  # a tunnel terminates TLS in front of the app
    return f"{environ['wsgi.url_scheme']}://{host}"


def checkout_url(base: str, order: Order) -> str:
    """Return the payment page's URL: Stripe's, or the emulator's under `base`, the address that the buyer used."""
    if stripe_mode() != "emulator":
        return order.checkout_url
    return base + urlsplit(order.checkout_url).path


def status_url(base: str, order: Order) -> str:
    """Return the URL of the order's status."""
    return base + _status_path().replace(PLACEHOLDER, str(order.pk))


@cache
def _status_path() -> str:
    """Return the path with `{order_id}` in it. Cached: `reverse` is slow."""
    nobody = uuid.UUID(int=0)
    return reverse("api:order", args=[nobody]).replace(str(nobody), PLACEHOLDER)


def return_url(environ: WSGIEnvironment, requested: str) -> str:
    """Return the URL that the buyer returns to, with `{order_id}` in it.

    It is `requested` if given and allowed, else the calling frontend if it is in FRONTEND_ORIGINS, else our return
    page. Raises Problem 400 for a URL that is not allowed: an open redirect helps phishers.
    """
    requested = requested or _calling_frontend(environ)
    if not requested:
        return base_url(environ) + f"/return/{PLACEHOLDER}/"
    if refusal := _refusal(environ, requested):
        raise Problem(400, "return_url_not_allowed", refusal)
    parts = urlsplit(requested)
    # After an earlier purchase, the page's URL still has that order's parameters.
    kept = [part for part in parts.query.split("&") if part and unquote_plus(part.partition("=")[0]) not in OURS]
    return parts._replace(query="&".join([*kept, f"order_id={PLACEHOLDER}"])).geturl()


@lru_cache(maxsize=256)
def canceled(url: str) -> str:
    """Return `url` marked as canceled, for a buyer who leaves Stripe's page without paying."""
    parts = urlsplit(url)
    return parts._replace(query="&".join(filter(None, [parts.query, "canceled=1"]))).geturl()


def _calling_frontend(environ: WSGIEnvironment) -> str:
    """Return the calling page if it belongs to an allowed frontend, else an empty string."""
    origin = environ.get("HTTP_ORIGIN", "")
    if origin not in settings.FRONTEND_ORIGINS or origin == base_url(environ):
        return ""
    page = environ.get("HTTP_REFERER", "")  # by default, browsers send only the origin to other sites
    return page if page.startswith(f"{origin}/") else f"{origin}/"


def _refusal(environ: WSGIEnvironment, url: str) -> str:
    """Return why buyers can't return to `url`; empty if they can."""
    if url.startswith(("file:", "null")):
        return (
            "return_url is a page that was opened as a file, and Stripe can't return to a file. Omit return_url to use "
            "this server's own page, or serve the page (for example with python -m http.server)."
        )
    if not WEB_ADDRESS.fullmatch(url) or not _is_allowed(environ, url):
        return "return_url must be on this server or on an origin in FRONTEND_ORIGINS (.env)."
    return ""


def _is_allowed(environ: WSGIEnvironment, url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets around something that is not an IPv6 address
        return False
    if f"{parts.scheme}://{parts.netloc}" in (base_url(environ), *settings.FRONTEND_ORIGINS):
        return True
    # Without an allowlist, a frontend on this network is allowed, but a name on the internet is not.
    return not settings.FRONTEND_ORIGINS and parts.hostname is not None and is_local_name(parts.hostname)
