"""The development tools."""

from django.apps import AppConfig


class DevstackConfig(AppConfig):
    """Configure the development tools, which have no models of their own."""

    name = "app.devstack"

    def on_serving(self, *, first: bool) -> None:
        """Watch the links; the first server process also prints the addresses and runs the doctor."""
        from app.devstack import banner
        from app.devstack.console import wiring
        from app.web.gate import console_is_on

        if console_is_on():
            wiring.watch()
        if first:
            banner.announce()
