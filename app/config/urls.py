"""Every address of the app."""

from django.contrib import admin
from django.urls import include, path, re_path

from app.devstack.payment_page import hosted_page
from app.web.health import healthz, readyz
from app.payments.api.views import api, unknown_address
from app.payments.api.webhooks import stripe_webhook

urlpatterns = [
    path("api/", api.urls),
    re_path(r"^api/", unknown_address),
    path("stripe-webhook/", stripe_webhook, name="stripe-webhook"),
    # No dots in a row: an HTTP client resolves "..", and the emulator's own API is only for this PC.
    re_path(r"^c/pay/[\w-]+(?:[/.][\w-]+)*\Z", hosted_page),
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/", admin.site.urls),
    path("console/", include("app.devstack.console.urls")),
    path("", include("app.storefront.urls")),
]
