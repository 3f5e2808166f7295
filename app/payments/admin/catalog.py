"""The catalog."""

from django.contrib import admin

from app.payments.currencies import format_amount
from app.payments.models import Product


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    """Edit products."""

    list_display = ("name", "sku", "price", "active")
    list_filter = ("active", "currency")
    search_fields = ("name", "sku")

    @admin.display(ordering="unit_amount")
    def price(self, product: Product) -> str:
        """Return the formatted price."""
        return format_amount(product.unit_amount, product.currency)
