"""The console, and the local Stripe's payment page under the app's own address."""

from django.urls import include, path, re_path

from app.devstack.payment_page import hosted_page

urlpatterns = [
    path("console/", include("app.devstack.console.urls")),
    # No dots in a row: an HTTP client resolves "..", and the emulator's own API is only for this PC.
    re_path(r"^c/pay/[\w-]+(?:[/.][\w-]+)*\Z", hosted_page),
]
