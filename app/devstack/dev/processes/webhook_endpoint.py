"""Register the app's webhook at the emulator, as in Stripe's dashboard, and pass its signing secret to the app.

Stripe shows an endpoint's secret once, when the endpoint is created. So the secret is stored with the endpoint's id.
The same endpoint is used after a restart, so the signatures of pending events stay valid.
"""

import asyncio
import json
from typing import Any

from app.devstack.dev import output
from app.devstack.dev.config import Config
from app.devstack.dev.data_dir import write_private
from app.devstack.dev.processes.local_http import NoResponseError, request
from app.payments.stripe.event_types import EVENT_TYPES
from app.payments.stripe.secrets import former_secrets_file

POLL_S = 0.03
RETRY_S = 1.0
OURS = "scripts/dev"


async def register(config: Config) -> None:
    """Wait for the emulator, then register. Retry until it works: faults may be on, and survive a restart."""
    while True:
        try:
            return await _register(config)
        except NoResponseError:
            await asyncio.sleep(POLL_S)  # it is starting
        except _RefusedError as error:
            output.say(f"The emulator rejected the webhook endpoint: {error}")
            await asyncio.sleep(RETRY_S)


class _RefusedError(Exception):
    """Raised when the emulator returns an error."""


async def _register(config: Config) -> None:
    record = _read_record(config)
    if record is None or not await _still_valid(config, record):
        await _delete_ours(config)
        record = await _create(config)
    if _current_secret(config) != record["secret"]:
        write_private(config.secret_file, record["secret"] + "\n")


async def _still_valid(config: Config, record: dict[str, str]) -> bool:
    status, endpoint = await request("GET", config.emulator_port, f"/v1/webhook_endpoints/{record['id']}")
    if status == 404:
        return False
    _require_success(status, endpoint)
    return (
        endpoint["url"] == config.webhook_url
        and endpoint["status"] == "enabled"
        and set(endpoint["enabled_events"]) == set(EVENT_TYPES)
    )


async def _create(config: Config) -> dict[str, str]:
    form = [("url", config.webhook_url), ("metadata[created_by]", OURS)]
    form += [("enabled_events[]", event) for event in EVENT_TYPES]
    status, endpoint = await request("POST", config.emulator_port, "/v1/webhook_endpoints", form)
    _require_success(status, endpoint)
    record = {"id": endpoint["id"], "secret": endpoint["secret"]}
    write_private(config.data_dir / "webhook_endpoint.json", json.dumps(record))
    return record


async def _delete_ours(config: Config) -> None:
    """Delete endpoints of earlier runs, which may have used another port: their events would be retried for days."""
    status, found = await request("GET", config.emulator_port, "/v1/webhook_endpoints?limit=100")
    _require_success(status, found)
    for endpoint in found["data"]:
        if endpoint["metadata"].get("created_by") == OURS:
            await request("DELETE", config.emulator_port, f"/v1/webhook_endpoints/{endpoint['id']}")


def _require_success(status: int, response: Any) -> None:
    if status != 200:
        error = response.get("error") if isinstance(response, dict) else None
        raise _RefusedError(error.get("message") if isinstance(error, dict) else f"status {status}")


def forget_emulators_secret(config: Config) -> None:
    """Delete the emulator's secret: Stripe signs with another one, so the app is not ready until it arrives."""
    record = _read_record(config)
    if record and _current_secret(config) == record["secret"]:
        config.secret_file.unlink()
        former_secrets_file(config.secret_file).unlink(missing_ok=True)


def _read_record(config: Config) -> dict[str, str] | None:
    try:
        record = json.loads((config.data_dir / "webhook_endpoint.json").read_text())
        return {"id": record["id"], "secret": record["secret"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _current_secret(config: Config) -> str:
    try:
        return config.secret_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
