"""The pages a browser sees: the shop and the return page."""

from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    """No models: it shows those of payments."""

    name = "app.storefront"
    label = "storefront"
