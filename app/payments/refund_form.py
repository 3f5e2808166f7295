"""The admin's question how much of an order is given back."""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms

from app.payments.models import Order
from app.payments.money import minor_digits


class RefundForm(forms.Form):
    """An amount in the order's currency. A form that is sent twice, as by a double click, refunds once."""

    refund_id = forms.UUIDField(initial=uuid.uuid4, widget=forms.HiddenInput)

    def __init__(self, order: Order, data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        self._digits = minor_digits(order.currency)
        step = Decimal(1).scaleb(-self._digits)
        self.fields["amount"] = forms.DecimalField(
            label=f"Amount in {order.currency.upper()}",
            min_value=step,
            max_value=order.amount_refundable * step,
            decimal_places=self._digits,
        )

    @property
    def minor_units(self) -> int:
        """The valid form's amount in the currency's minor unit."""
        return int(self.cleaned_data["amount"].scaleb(self._digits))
