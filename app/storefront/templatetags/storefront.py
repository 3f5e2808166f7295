"""Template tags of the storefront."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from app.payments import currencies

register = template.Library()


@register.simple_tag
def money(amount: int, currency: str) -> SafeString:
    """Format `amount` minor units in the page's language; money.js replaces it by what the browser makes of it."""
    return format_html(
        '<data class="money" value="{}" data-currency="{}" data-digits="{}">{}</data>',
        amount,
        currency,
        currencies.digits(currency),
        currencies.localize_amount(amount, currency),
    )


@register.filter
def digits(currency: str) -> int:
    """Return the number of decimal places of an amount in `currency`."""
    return currencies.digits(currency)
