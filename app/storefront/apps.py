"""The pages a browser sees: the shop and the return page."""

from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "app.storefront"
    label = "storefront"
