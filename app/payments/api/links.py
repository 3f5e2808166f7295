"""Links for the buyer: always to an address that was checked, never to whatever a header said."""

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
from app.web.hosts import is_local_name
from app.web.problems import Problem
from app.web.public_url import public_url

PLACEHOLDER = "{order_id}"
OURS = ("order_id", "canceled")  # parameters that the buyer comes back with
# Browsers read a backslash as a slash, and take a user name before an @ for no part of the host: neither may be in it.
WEB_ADDRESS = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?([/?#][^\\\s\x00-\x1f]*)?")


def base_url(environ: WSGIEnvironment) -> str:
    """The address that the buyer used (`https://name`), whose Host header has been checked.

    `environ` is WSGI's, or Django's `request.META`.
    """
    host = environ.get("HTTP_HOST")
    if not host:
        return application_uri(environ).rstrip("/")
    public = public_url()
    if public and host == urlsplit(public).netloc:
        return public  # a tunnel ends https before us
    return f"{environ['wsgi.url_scheme']}://{host}"


def checkout_url(base: str, order: Order) -> str:
    """Where the buyer pays: Stripe's page, or the emulator's under `base`, the address that the buyer used."""
    if stripe_mode() != "emulator":
        return order.checkout_url
    return base + urlsplit(order.checkout_url).path


def status_url(base: str, order: Order) -> str:
    """Where the order's status can be asked for."""
    return base + _status_path().replace(PLACEHOLDER, str(order.pk))


@cache
def _status_path() -> str:
    """With `{order_id}` in it; Django takes its time to find an address."""
    nobody = uuid.UUID(int=0)
    return reverse("api:order", args=[nobody]).replace(str(nobody), PLACEHOLDER)


def return_url(environ: WSGIEnvironment, requested: str) -> str:
    """Where the buyer comes back to, with `{order_id}` in it: `requested` if it is allowed; when nothing is requested,
    the calling frontend if it is one of FRONTEND_ORIGINS, else our return page.

    Raises Problem 400 for an address that is not allowed, because an open redirect helps phishers.
    """
    requested = requested or _calling_frontend(environ)
    if not requested:
        return base_url(environ) + f"/return/{PLACEHOLDER}/"
    if not WEB_ADDRESS.fullmatch(requested) or not _is_allowed(environ, requested):
        raise Problem(
            400,
            "return_url_not_allowed",
            "return_url must be on this server or on one of FRONTEND_ORIGINS (see .env).",
        )
    parts = urlsplit(requested)
    # A page that an earlier purchase came back to still has that purchase's parameters.
    kept = [part for part in parts.query.split("&") if part and unquote_plus(part.partition("=")[0]) not in OURS]
    return parts._replace(query="&".join([*kept, f"order_id={PLACEHOLDER}"])).geturl()


@lru_cache(maxsize=256)
def canceled(url: str) -> str:
    """`url` for a buyer who gave up on Stripe's page."""
    parts = urlsplit(url)
    return parts._replace(query="&".join(filter(None, [parts.query, "canceled=1"]))).geturl()


def _calling_frontend(environ: WSGIEnvironment) -> str:
    """The page of an allowed frontend that the browser says it is on; empty where there is none."""
    origin = environ.get("HTTP_ORIGIN", "")
    if origin not in settings.FRONTEND_ORIGINS or origin == base_url(environ):
        return ""
    page = environ.get("HTTP_REFERER", "")  # by default browsers name no more than the origin to other sites
    return page if page.startswith(f"{origin}/") else f"{origin}/"


def _is_allowed(environ: WSGIEnvironment, url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets around what is no IPv6 address
        return False
    if f"{parts.scheme}://{parts.netloc}" in (base_url(environ), *settings.FRONTEND_ORIGINS):
        return True
    # Without an allow-list, a frontend on this network may call; a name on the internet may not.
    return not settings.FRONTEND_ORIGINS and parts.hostname is not None and is_local_name(parts.hostname)
