"""The shop's name, logo and address, on every page and in every email."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def branding(request: HttpRequest | None = None) -> dict[str, Any]:
    """Return `shop_name`, `shop_logo_url` and `support_email`: a context processor."""
    return {
        "shop_name": settings.SHOP_NAME,
        "shop_logo_url": settings.SHOP_LOGO_URL,
        "support_email": settings.SUPPORT_EMAIL,
    }
