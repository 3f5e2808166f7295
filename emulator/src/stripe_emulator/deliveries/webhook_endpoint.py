"""A webhook endpoint as a destination: a signed POST ("Receive Stripe events in your webhook endpoint")."""

from __future__ import annotations

import ssl

from stripe_emulator.deliveries.destination import Answer, Attempt, NoAnswer, Outcome
from stripe_emulator.deliveries.http_client import HttpClient
from stripe_emulator.deliveries.signature import sign
from stripe_emulator.storage.entity import Entity

#: The headers of every webhook, in addition to the signature.
HEADERS = [
    ("Content-Type", "application/json; charset=utf-8"),
    ("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
    ("Accept", "*/*; q=0.5, application/xml"),
    ("Cache-Control", "no-cache"),
]


class WebhookEndpoint:
    """A webhook endpoint. Its settings are read at each attempt, so changes through the API apply at once."""

    def __init__(self, entity: Entity, client: HttpClient, timeout: float) -> None:
        self._entity = entity
        self._client = client
        self._timeout = timeout

    @property
    def id(self) -> str:
        """Return the endpoint's id."""
        return self._entity.id

    @property
    def url(self) -> str:
        """Return the URL that events are posted to."""
        return str(self._entity.data["url"])

    def wants(self, event_type: str) -> bool:
        """Return whether the endpoint is enabled for this event type."""
        data = self._entity.data
        enabled = data["enabled_events"]
        return data["status"] == "enabled" and ("*" in enabled or event_type in enabled)

    async def deliver(self, attempt: Attempt) -> Outcome:
        """Send the event once, in the endpoint's API version. A redirect is a failure."""
        payload, more = attempt.payload.at(self._entity.data["api_version"])
        headers = [*HEADERS, *more.items(), ("Stripe-Signature", sign(payload, [self._entity.private["secret"]]))]
        try:
            return Answer(await self._client.post(self.url, headers, payload, self._timeout))
        except TimeoutError:
            return NoAnswer(f"no response within {self._timeout:g} s")
        except ssl.SSLError as error:
            return NoAnswer(f"TLS: {error.reason}")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            return NoAnswer(reason or str(error) or type(error).__name__)
