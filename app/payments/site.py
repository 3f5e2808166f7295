"""The admin site: its start page shows the shop's day."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse


class ShopAdminSite(AdminSite):
    """Django's admin with an overview on its start page."""

    site_header = site_title = f"{settings.SHOP_NAME}: administration"
    index_title = "Overview"
    enable_nav_sidebar = False  # the lists need its width

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the overview, to those who may view orders, and the list of tables."""
        from app.payments.admin import overview  # not above: the pages in this package register at this site

        shown = overview.context() if request.user.has_perm("payments.view_order") else {}
        return super().index(request, {**shown, **(extra_context or {})})
