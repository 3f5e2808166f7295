"""The catalog."""

from django.contrib import admin
from django.http import HttpRequest

from app.payments.currencies import format_amount
from app.payments.models import Product


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    """Edit products."""

    list_display = ("name", "sku", "price", "active")
    list_filter = ("active", "currency")
    search_fields = ("name", "sku", "stripe_price_id")

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        """Return the price of a product whose Price at Stripe is charged: another amount would go to review."""
        return ("unit_amount", "currency") if obj and obj.stripe_price_id else ()

    @admin.display(ordering="unit_amount")
    def price(self, product: Product) -> str:
        """Return the formatted price."""
        return format_amount(product.unit_amount, product.currency)
