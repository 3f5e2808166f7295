"""The wiring app."""

from django.apps import AppConfig


class DevstackConfig(AppConfig):
    """No models: only what connects the parts."""

    name = "app.devstack"
