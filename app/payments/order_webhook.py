"""Call ORDER_WEBHOOK_URL, which connects another system: signed by the Standard Webhooks scheme."""

import ipaddress
import json
import socket
from typing import Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from app.payments.currencies import digits
from app.payments.models import Message
from app.payments.stripe.http import CERTIFICATES
from app.web.outages import release_connection

TIMEOUT = urllib3.Timeout(connect=5, read=10)  # seconds
SHOWN = 200  # bytes of a response that rejects a message
PORTS = {"http": 80, "https": 443}
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
ORDER_NAMES = (
    *("id", "version", "status", "currency", "livemode", "customer_email", "customer_phone", "shipping"),
    "stripe_payment_intent_id",
    *(f"amount_{name}" for name in ("total", "subtotal", "discount", "tax", "shipping", "paid", "refunded")),
    *("reference", "metadata", "created_at", "paid_at", "updated_at"),
)
ITEM_NAMES = ("sku", "name", "unit_amount", "quantity")


class NotDelivered(OSError):
    """Raised when the receiver did not accept a message; the text says why, without the URL's path."""


def call(message: Message) -> None:
    """Send the message. Raises NotDelivered unless the receiver responds with 2xx.

    The same `webhook-id` is sent on every attempt. Redirects are not followed. Without ORDER_WEBHOOK_ALLOW_PRIVATE, a
    name that leads to a private address is refused: otherwise, whoever controls the name could reach this network.
    """
    if not settings.ORDER_WEBHOOK_URL:
        raise NotDelivered("ORDER_WEBHOOK_URL is not set.")
    body = json.dumps(payload(message), cls=DjangoJSONEncoder)
    release_connection()
    _post(urlsplit(settings.ORDER_WEBHOOK_URL), body, _signed(str(message.pk), body))


def payload(message: Message) -> dict[str, Any]:
    """Return the body: what happened and when, and the order as it is now. Amounts are in minor units."""
    order = message.order
    return {
        "type": message.type,
        "timestamp": message.created_at,
        "data": {
            **{name: getattr(order, name) for name in ORDER_NAMES},
            "currency_digits": digits(order.currency),
            "refund_amount": message.amount,
            "items": [{name: getattr(item, name) for name in ITEM_NAMES} for item in order.lines],
            "reason": {"code": order.reason_code, "message": order.reason} if order.reason_code else None,
        },
    }


def _signed(message_id: str, body: str) -> dict[str, str]:
    """Return the headers (Standard Webhooks: "Webhook headers"); several signatures while the secret is replaced."""
    now = timezone.now()
    signatures = (Webhook(secret).sign(message_id, now, body) for secret in settings.ORDER_WEBHOOK_SECRETS)
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _post(url: SplitResult, body: str, headers: dict[str, str]) -> None:
    host, port = url.hostname or "", url.port or PORTS[url.scheme]
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    failure: Exception | None = None
    for address in _addresses(host, port):
        # Connect to the address that was checked: a second look-up could return another one.
        with _pool(url.scheme, address, port, host) as pool:
            try:
                response = pool.request(
                    "POST",
                    target,
                    body=body.encode(),
                    headers={**headers, "Host": url.netloc},
                    timeout=TIMEOUT,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
                return _check(host, response)
            except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
                failure = error  # the name's next address may respond
            except urllib3.exceptions.HTTPError as error:
                raise NotDelivered(f"No response from {host}: {error}") from error
    raise NotDelivered(f"{host} can't be reached.") from failure


def _pool(scheme: str, address: str, port: int, host: str) -> urllib3.HTTPConnectionPool:
    if scheme == "http":
        return urllib3.HTTPConnectionPool(address, port)
    return urllib3.HTTPSConnectionPool(
        address, port, server_hostname=host, assert_hostname=host, ca_certs=CERTIFICATES, cert_reqs="CERT_REQUIRED"
    )


def _check(host: str, response: urllib3.BaseHTTPResponse) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        advice = "redirects are not followed. Set ORDER_WEBHOOK_URL to the final address."
        raise NotDelivered(f"{host} responded with {status}: {advice}")
    words = response.read(SHOWN).decode(errors="replace").strip()
    raise NotDelivered(f"{host} responded with {status}{': ' if words else '.'}{words}")


def _addresses(host: str, port: int) -> list[str]:
    """Return the host's addresses; raises NotDelivered if there is none, or if one is private and must not be."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotDelivered(f"{host} can't be resolved.") from error
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    if not settings.ORDER_WEBHOOK_ALLOW_PRIVATE and not all(map(is_public, addresses)):
        advice = "Set ORDER_WEBHOOK_ALLOW_PRIVATE=1 to allow it."
        raise NotDelivered(f"{host} leads to a private address, which is refused. {advice}")
    return addresses


def is_public(text: str) -> bool:
    """Return whether the address is on the internet, also after removing the wrapping of an IPv4 address in IPv6."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast and not address.is_reserved
