"""The address under which the internet reaches this installation, if there is one."""

from django.conf import settings


def public_url() -> str:
    """The public base URL without a trailing slash (`https://name`), or an empty string while there is none."""
    return str(settings.PUBLIC_URL)
