"""What can be bought."""

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

currency_code = RegexValidator(r"^[a-z]{3}$", "Use the three-letter ISO code in lower case, like usd.")


class Product(models.Model):
    """Something that can be bought; its price is only ever read from here."""

    sku = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=250)
    description = models.TextField(blank=True)
    unit_amount = models.PositiveIntegerField(
        validators=[MinValueValidator(1)], help_text="In the currency's minor unit: 2000 is 20.00 USD, 2000 JPY."
    )
    currency = models.CharField(max_length=3, default="usd", validators=[currency_code])
    active = models.BooleanField(default=True, help_text="Only active products can be bought.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"
