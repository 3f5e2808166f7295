"""The JSON API under `/api/`."""

import json
import logging
import uuid
from collections.abc import Callable
from typing import Annotated, Any
from wsgiref.types import WSGIEnvironment

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language_from_request
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import Header, NinjaAPI, Query
from ninja.errors import HttpError, Throttled, ValidationError
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.types import DictStrAny

from app.payments import currencies
from app.payments.api import links
from app.payments.api.catalog import DEFAULT_SKU
from app.payments.api.checkout import start_checkout
from app.payments.api.schemas import MAX_KEY, CheckoutIn, CheckoutOut, OrderOut, ProblemOut, ProductsOut
from app.payments.api.waiting import MAX_WAIT, waiters
from app.payments.models import Order, Product
from app.payments.refresh import claim_check, refresh_briefly
from app.web.errors import error_response
from app.web.problems import Problem
from app.web.throttling import checkouts, status_calls, too_many

logger = logging.getLogger(__name__)

READ = ["GET", "HEAD"]
RETRY_AFTER = {"description": "Seconds until the next attempt makes sense.", "schema": {"type": "integer"}}

WAIT = (
    "While the order is pending or processing, respond as soon as it changes, at the latest after so many seconds. If "
    "too many requests are waiting, the response comes at once: pause before the next call."
)

# Messages by pydantic's error type; the names in braces are pydantic's.
MESSAGES = {
    "extra_forbidden": "unknown field",
    "greater_than_equal": "at least {ge}",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "dict_type": "must be an object",
    "less_than_equal": "at most {le}",
    "list_type": "must be a list",
    "missing": "required",
    "model_attributes_type": "must be a JSON object",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "must not be empty",
    "string_type": "must be a string",
    "string_unicode": "not valid text",
    "too_long": "at most {max_length} entries",
    "value_error": "{error}",
}


class JsonParser(Parser):
    """Parse JSON bodies and reject everything else."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """Return the parsed JSON body; raises Problem 415 or 400."""
        if request.content_type != "application/json":
            raise Problem(415, "unsupported_media_type", "Send JSON (Content-Type: application/json), or no body.")
        try:
            body: DictStrAny = super().parse_body(request)
        except (ValueError, RecursionError):
            raise Problem(400, "invalid_json", "The body is not valid JSON.") from None
        return body


def documentation(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return a view of the documentation that is read-only and allows inline styles, which Swagger UI needs."""
    return csrf_exempt(require_safe(csp_update({"style-src": ["'unsafe-inline'"]})(view)))


class OfflineDocs(Swagger):
    """Swagger UI from our own static files. Without "ninja" among the installed apps, it would come from a CDN."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """Return the page."""
        configuration = json.dumps(self.settings | {"url": self.get_openapi_url(api, kwargs)})
        return render(request, self.template, {"swagger_settings": configuration, "api": api})


class PaymentsAPI(NinjaAPI):
    """Document errors as problem details."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the OpenAPI document."""
        document = super().get_openapi_schema(**options)
        for methods in document["paths"].values():
            methods.pop("head", None)  # it is GET's (RFC 9110), and would need an operationId of its own
            for operation in methods.values():
                for status, response in operation["responses"].items():
                    if status >= 400:
                        response["content"] = {"application/problem+json": response["content"]["application/json"]}
                    if status in (429, 503):
                        response["headers"] = {"Retry-After": RETRY_AFTER}
        return document


api = PaymentsAPI(
    title="Payments",
    version="1",
    description="One-time payments through Stripe Checkout. Errors are problem details (RFC 9457) with a `code`.",
    urls_namespace="api",
    openapi_url="/openapi.json",
    docs=OfflineDocs(),
    docs_url="/docs",
    docs_decorator=documentation,
    parser=JsonParser(),
)


@api.post(
    "/checkout/",
    response={200: CheckoutOut, (400, 403, 413, 415, 429, 502, 503): ProblemOut},
    throttle=checkouts,
    operation_id="createCheckout",
    summary="Create a checkout",
    tags=["payments"],
)
def checkout(
    request: HttpRequest,
    choice: CheckoutIn | None = None,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=MAX_KEY)] = None,
) -> HttpResponse:
    """Create an order and a Stripe Checkout Session for it. Redirect the buyer to `checkout_url`.

    Without a body, this buys one default product. A repeat with the same `Idempotency-Key` returns the same order.
    """
    language = get_language_from_request(request)
    made = make_checkout(request.META, choice or CheckoutIn(), idempotency_key, language)
    return JsonResponse(made)  # not validated: that would cost as much as creating it


def make_checkout(
    environ: WSGIEnvironment, choice: CheckoutIn, idempotency_key: str | None, language: str
) -> dict[str, str]:
    """Start a checkout and return its response (`CheckoutOut`); raises Problem."""
    back = links.return_url(environ, choice.return_url)
    order = start_checkout(choice, return_url=back, idempotency_key=idempotency_key, language=language)
    base = links.base_url(environ)
    return {
        "checkout_url": links.checkout_url(base, order),
        "order_id": str(order.pk),
        "status_url": links.status_url(base, order),
    }


@api.api_operation(
    READ,
    "/orders/{uuid:order_id}/",
    response={200: OrderOut, (400, 404, 429, 503): ProblemOut},
    throttle=status_calls,
    url_name="order",
    operation_id="getOrder",
    summary="Get an order",
    tags=["payments"],
)
def order(
    request: HttpRequest,
    order_id: uuid.UUID,
    wait: Annotated[int, Query(ge=0, le=MAX_WAIT, description=WAIT)] = 0,
) -> dict[str, object]:
    """Return an order's status. If it has been pending for a while, ask Stripe first."""
    found = Order.objects.prefetch_related("items").get(pk=order_id)
    if claim_check(found):
        try:
            found = refresh_briefly(found)
        except Problem as problem:
            # The stored status is still valid; the next call asks Stripe again.
            logger.warning("Order %s could not be checked: %s", order_id, problem.detail)
    if wait and found.status in Order.WAITING and waiters().wait(found.pk, found.version, wait):
        found = Order.objects.prefetch_related("items").get(pk=order_id)
    return order_out(request, found)


@api.api_operation(
    READ,
    "/products/",
    response={200: ProductsOut, 503: ProblemOut},
    operation_id="listProducts",
    summary="List products",
    tags=["catalog"],
)
def products(request: HttpRequest) -> dict[str, object]:
    """List the products that can be bought."""
    return {"products": list(Product.objects.filter(active=True)), "default_sku": DEFAULT_SKU}


ORDER_NAMES = (
    "id",
    "status",
    "currency",
    *(f"amount_{name}" for name in ("total", "subtotal", "discount", "tax", "shipping", "paid", "refunded")),
    "reference",
    "metadata",
    "created_at",
    "paid_at",
    "updated_at",
)


def order_out(request: HttpRequest, order: Order) -> dict[str, object]:
    """Return the order as `OrderOut`."""
    return {
        **{name: getattr(order, name) for name in ORDER_NAMES},
        "currency_digits": currencies.digits(order.currency),
        "items": list(order.items.all()),
        "reason": {"code": order.reason_code, "message": order.reason} if order.reason_code else None,
        "checkout_url": links.checkout_url(links.base_url(request.META), order) if order.can_be_paid else None,
    }


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return error_response(request, problem)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"field": _field(found["loc"]), "message": _message(found)} for found in error.errors]
    detail = "; ".join(f"{each['field']}: {each['message']}" for each in errors)
    if not errors[0]["field"]:
        detail = f"The body {errors[0]['message']}."
    return Problem(400, "invalid_request", detail, errors=errors).response()


def _field(location: tuple[str | int, ...]) -> str:
    """Return a path like `items.0.sku`; empty for the whole body. The first part names the source (body, header)."""
    return ".".join(str(part) for part in location[1:] if part != "choice")


def _message(found: dict[str, Any]) -> str:
    message = MESSAGES.get(found["type"])
    return message.format(**found.get("ctx", {})) if message else found["msg"]


@api.exception_handler(Http404)
@api.exception_handler(Order.DoesNotExist)
def _not_found(request: HttpRequest, error: Exception) -> HttpResponse:
    return Problem(404, "not_found", "Order not found. Check the order id.").response()


@api.exception_handler(Throttled)
def _throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    return too_many(error.wait).response()


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, Problem):
        return error.__cause__.response()  # django-ninja wraps what the parser raises
    return Problem(error.status_code, "bad_request", str(error)).response()


@api.exception_handler(Exception)
def _crash(request: HttpRequest, error: Exception) -> HttpResponse:
    raise error  # for ErrorMiddleware; with DEBUG=1, django-ninja would show the exception, secrets included


@csrf_exempt  # like the API
def root(request: HttpRequest) -> HttpResponse:
    """Raise Problem 404: nothing is at `/api/` itself."""
    raise Problem(404, "not_found", "GET /api/openapi.json lists all endpoints; /api/docs shows them.")
