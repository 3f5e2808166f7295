"""Template tags of the storefront."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from app.payments import currencies

register = template.Library()


@register.simple_tag
def money(amount: int, currency: str) -> SafeString:
    """`amount` minor units, readable without JavaScript; money.js writes it in the reader's own notation."""
    return format_html(
        '<data class="money" value="{}" data-currency="{}" data-digits="{}">{}</data>',
        amount,
        currency,
        currencies.digits(currency),
        currencies.format_amount(amount, currency),
    )


@register.filter
def digits(currency: str) -> int:
    """How many decimals an amount in `currency` holds."""
    return currencies.digits(currency)
