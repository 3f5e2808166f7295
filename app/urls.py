"""Every address of the app."""

from django.contrib import admin
from django.urls import include, path

from app.health import healthz, readyz
from app.payments.api import api
from app.payments.webhooks import stripe_webhook

urlpatterns = [
    path("api/", api.urls),
    path("stripe-webhook/", stripe_webhook, name="stripe-webhook"),
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/", admin.site.urls),
    path("", include("app.storefront.urls")),
]
