"""The local Stripe's payment page under the app's own address.

With the real Stripe, the buyer goes to checkout.stripe.com. The emulator has no public address, so the app proxies its
page. It then opens wherever the shop opens: on another PC, or through a tunnel.
"""

import urllib3
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from app.config.stripe_mode import stripe_mode
from app.devstack.http import NoResponse, send

REQUEST_HEADERS = ("Accept", "Accept-Language", "Content-Type", "If-None-Match", "If-Modified-Since", "Range")
# Headers of one connection, or set again in the response (RFC 9110, "Connection").
DROPPED_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
MAX_BODY = 64 * 1024  # bytes; a card form is far smaller

TIMEOUT = urllib3.Timeout(connect=2, read=20)  # seconds


@csrf_exempt  # the form is the emulator's, which has no sessions
def hosted_page(request: HttpRequest) -> HttpResponse:
    """Return the emulator's response at this path; 404 while the real Stripe is in use, 502 if the emulator is down."""
    if stripe_mode() != "emulator":
        raise Http404
    try:
        response = send(
            request.method or "GET",
            settings.STRIPE_EMULATOR_URL + request.get_full_path(),
            {name: request.headers[name] for name in REQUEST_HEADERS if name in request.headers},
            timeout=TIMEOUT,
            body=request.read(MAX_BODY),
            decode_content=False,
        )
    except NoResponse:
        sentence = "The local Stripe is not running. Start it (./scripts/dev, or docker compose up) and reload.\n"
        return HttpResponse(sentence, status=502, content_type="text/plain; charset=utf-8")
    headers = {name: value for name, value in response.headers.items() if name.lower() not in DROPPED_HEADERS}
    return HttpResponse(response.data, status=response.status, headers=headers)
