"""The admin's form for a partial refund."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from app.payments.currencies import AmountError, format_amount, parse_amount
from app.payments.models import Order


class RefundForm(forms.Form):
    """Ask for an amount in the order's currency. Submitting the form twice (a double click) refunds once."""

    refund_id = forms.UUIDField(initial=uuid.uuid4, widget=forms.HiddenInput)
    amount = forms.CharField(widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))

    def __init__(self, order: Order, data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        self._order = order
        self.fields["amount"].label = f"Amount in {order.currency.upper()}"

    def clean_amount(self) -> int:
        """Return the amount in minor units."""
        try:
            amount = parse_amount(self.cleaned_data["amount"], self._order.currency)
        except AmountError as error:
            raise ValidationError(str(error), code=error.code) from None
        left = self._order.amount_refundable
        if not 0 < amount <= left:
            raise ValidationError(f"Enter an amount up to {format_amount(left, self._order.currency)}.")
        return amount

    @property
    def minor_units(self) -> int:
        """Return the valid form's amount in minor units."""
        amount: int = self.cleaned_data["amount"]
        return amount
