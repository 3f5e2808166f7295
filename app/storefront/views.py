"""The shop and the return page."""

import json
import uuid
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from app.config.stripe_mode import stripe_mode
from app.payments.api import links
from app.payments.api.catalog import DEFAULT_SKU
from app.payments.api.checkout import start_checkout
from app.payments.api.schemas import MAX_QUANTITY
from app.payments.models import Order, Product
from app.storefront import forms, status_texts
from app.web.problems import Problem
from app.web.throttling import take_checkout


@csrf_exempt  # as in the API: nobody is logged in, so a forged request gains nothing
@never_cache  # every rendered page has its own idempotency key
@require_http_methods(["GET", "HEAD", "POST"])
def shop(request: HttpRequest) -> HttpResponse:
    """Show the products and the Pay button. shop.js uses the API; without JavaScript, the form is posted here."""
    if request.method != "POST":
        return render(request, "storefront/shop.html", shop_context())
    try:
        take_checkout(request)
        choice = forms.checkout_choice(request.POST)
        order = start_checkout(
            choice,
            return_url=links.return_url(request.META, ""),
            idempotency_key=forms.idempotency_key(request.POST, choice) or None,
            language=get_language() or "",
        )
    except Problem as problem:
        context = shop_context(forms.quantities(request.POST)) | {"problem": forms.message_for(problem)}
        page = render_to_string("storefront/shop.html", context, request)
        return HttpResponse(page, status=problem.status, headers=problem.headers)
    # A page, not a redirect: browsers apply the form-action policy to redirects as well, and Stripe is another origin.
    context = {"checkout_url": links.checkout_url(links.base_url(request.META), order), "stripe_mode": stripe_mode()}
    return render(request, "storefront/continue.html", context)


@csrf_exempt  # it changes nothing: a POST is 405
@never_cache
@require_safe
def order_return(request: HttpRequest, order_id: uuid.UUID) -> HttpResponse:
    """Show the order's status; return.js keeps it up to date."""
    order = Order.objects.prefetch_related("items").filter(pk=order_id).first()
    if order is None:
        context = {"order_id": order_id, "stripe_mode": stripe_mode()}
        return render(request, "storefront/unknown.html", context, status=404)
    return render(request, "storefront/return.html", order_context(request, order))


def shop_context(chosen: dict[str, int] | None = None) -> dict[str, Any]:
    """Return the shop page's context: active products with their `chosen` quantity (at first one default product)."""
    products = list(Product.objects.filter(active=True))
    if chosen is None:
        chosen = {products[0].sku: 1} if len(products) == 1 else {DEFAULT_SKU: 1}
    return {
        "rows": [{"product": product, "quantity": chosen.get(product.sku, 0)} for product in products],
        "max_quantity": MAX_QUANTITY,
        "checkout_path": reverse("api:checkout"),
        "intent": uuid.uuid4(),
        "texts": json.dumps(_texts(), cls=DjangoJSONEncoder),
        "stripe_mode": stripe_mode(),
    }


def _texts() -> dict[str, Any]:
    """Return what shop.js says, in the active language."""
    return {
        **forms.MESSAGES,
        "unavailable": forms.UNAVAILABLE,
        "unreachable": gettext("We can’t reach the shop. Please check your connection and try again."),
        "pay": gettext("Pay"),
        "pay_sum": gettext("Pay {sum}"),
        "one_item": gettext("1 item"),
        "items": gettext("{count} items"),
    }


def order_context(request: HttpRequest, order: Order) -> dict[str, Any]:
    """Return the return page's context. Stripe's cancel link adds `?canceled=1`."""
    state = status_texts.state_of(order, canceled="canceled" in request.GET)
    return {
        "order": order,
        "items": [
            {"name": item.name, "quantity": item.quantity, "amount": item.unit_amount * item.quantity}
            for item in order.items.all()
            if not (order.lines_open and order.is_paid)  # the buyer may have changed them
        ],
        "state": state,
        "reason": gettext(order.reason) if order.reason and status_texts.shows_reason(order, state) else "",
        "open_checkout": links.checkout_url(links.base_url(request.META), order) if order.can_be_paid else "",
        "version": order_version(order),
        "status_path": reverse("api:order", args=[order.pk]),
        "stripe_mode": stripe_mode(),
    }


def order_version(order: Order) -> str:
    """Return a string that changes whenever the page's text would. return.js builds the same one from the API."""
    return f"{order.status}|{order.amount_refunded}|{order.reason_code}|{'open' if order.can_be_paid else ''}"
