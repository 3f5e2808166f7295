"""The app's URLs."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path

from app.payments.api.views import api, root
from app.payments.api.webhooks import stripe_webhook
from app.web.health import healthz, readyz
from app.web.sessions import login

urlpatterns = [
    path("api/", root),  # before django-ninja's own, which requires a CSRF token
    path("api/", api.urls),
    path("stripe-webhook/", stripe_webhook, name="stripe-webhook"),
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/login/", login),  # before Django's, which does not limit attempts
    path("admin/", admin.site.urls),
    *([path("", include("app.devstack.urls"))] if apps.is_installed("app.devstack") else []),
    path("", include("app.storefront.urls")),
]
