"""Every address of the app."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path, re_path

from app.payments.api.views import api, unknown_address
from app.payments.api.webhooks import stripe_webhook
from app.web.health import healthz, readyz

urlpatterns = [
    path("api/", api.urls),
    re_path(r"^api/", unknown_address),
    path("stripe-webhook/", stripe_webhook, name="stripe-webhook"),
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/", admin.site.urls),
    *([path("", include("app.devstack.urls"))] if apps.is_installed("app.devstack") else []),
    path("", include("app.storefront.urls")),
]
