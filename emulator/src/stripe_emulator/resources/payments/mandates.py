"""`/v1/mandates` ("Mandates"): the buyer's consent to a bank debit, created with the charge."""

from __future__ import annotations

from stripe_emulator.routing.resource import Resource

RESOURCE = Resource(kind="mandate", path="/v1/mandates", param="mandate")
