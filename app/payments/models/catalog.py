"""The catalog."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from app.payments import currencies

PRICE_ID = re.compile(r"(price|plan)_\w{1,248}", re.ASCII)


class Product(models.Model):
    """A product. It is the only source of prices."""

    sku = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=250)
    description = models.TextField(blank=True)
    unit_amount = models.PositiveBigIntegerField(
        help_text="In the currency's minor unit: 2000 is 20.00 USD, 2000 JPY, 2.000 KWD."
    )
    currency = models.CharField(max_length=3, default="usd", help_text="The ISO code, like usd.")
    stripe_price_id = models.CharField(
        max_length=255,
        blank=True,
        default="",
        db_default="",
        help_text="A Price at Stripe (price_…) that is charged; import_prices keeps the amount up to date.",
    )
    active = models.BooleanField(default=True, help_text="Only active products can be bought.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"

    def save(self, *args: Any, **options: Any) -> None:
        """Validate and save the product. Raises ValidationError, so that a command can't bypass the admin's rules."""
        self.clean()
        super().save(*args, **options)

    def clean(self) -> None:
        """Convert the currency to lower case. Raises ValidationError for a price that Stripe can't charge."""
        self.currency = self.currency.strip().lower()
        self.stripe_price_id = self.stripe_price_id.strip()
        if self.stripe_price_id and not PRICE_ID.fullmatch(self.stripe_price_id):
            message = "Enter the id of a Price (price_…), not of a product, or leave it empty."
            raise ValidationError({"stripe_price_id": ValidationError(message, code="invalid_price_id")})
        if self.unit_amount is None:
            return  # the form reports that it is missing
        try:
            currencies.check_amount(self.unit_amount, self.currency)
        except currencies.AmountError as error:
            field = "currency" if error.code == "unknown_currency" else "unit_amount"
            raise ValidationError({field: ValidationError(str(error), code=error.code)}) from None

    @property
    def currency_digits(self) -> int:
        """Return how many digits of `unit_amount` come after the decimal point."""
        return currencies.digits(self.currency)
