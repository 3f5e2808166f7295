"""The pages that a buyer sees: the shop and the return page."""

from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    """Configure the storefront, which has no models of its own."""

    name = "app.storefront"
    label = "storefront"
