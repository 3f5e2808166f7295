"""The wiring app."""

from django.apps import AppConfig


class DevstackConfig(AppConfig):
    """No models: only what connects the parts."""

    name = "app.devstack"

    def on_serving(self, *, first: bool) -> None:
        """Watch the wiring; the first server process also says where everything is, and whether it works."""
        from app.devstack import banner
        from app.devstack.console import wiring
        from app.web.gate import console_is_on

        if console_is_on():
            wiring.watch()
        if first:
            banner.announce()
