"""The ASGI application for Stripe's API. Plain ASGI, because every API request passes here."""

from __future__ import annotations

import logging
import sqlite3
import sys
import time
from hashlib import sha256

from starlette.types import Receive, Scope, Send

from stripe_emulator.account.emulator import Emulator
from stripe_emulator.api import unsupported
from stripe_emulator.api.authentication import check_key
from stripe_emulator.api.http import Answer, headers_of, read_body, send_answer
from stripe_emulator.api.http_request import HttpRequest, header_faults, parameters
from stripe_emulator.errors import StripeError, not_supported, server_error, unknown_url
from stripe_emulator.faults.injection import InjectedFault, breaks_connection
from stripe_emulator.jsontext import JSON, pretty_bytes
from stripe_emulator.request_log import RequestEntry
from stripe_emulator.resources import RESOURCES
from stripe_emulator.resources.payments.accounts import ACCOUNT_ID
from stripe_emulator.routing.expansion import Expansion
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.router import Router
from stripe_emulator.schema import read_fields
from stripe_emulator.schema.rules import check
from stripe_emulator.storage.idempotency import Stored, fingerprint
from stripe_emulator.versions.released import NEWEST, checked, notice
from stripe_emulator.versions.rendering import render

#: The paths of Stripe's API. All calls below the last two are unsupported.
PREFIXES = ("/v1/", "/v2/", "/oauth/")


class Api:
    """The ASGI application below `PREFIXES`."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        own = (route for each in RESOURCES for route in each.routes())
        # Ours come last: they replace the unsupported ones.
        self._router = Router([*unsupported.routes(), *own])
        self._expansion = Expansion(RESOURCES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        query = scope["query_string"].decode("latin-1")
        request = HttpRequest(scope["method"], scope["path"], headers_of(scope), query, ip_address=_peer(scope))
        request.body = await read_body(receive)
        answer = await self._answer(request)
        if answer is None:
            breaks_connection(send)
            return
        self._note(request, answer)
        await send_answer(send, answer)

    async def _answer(self, request: HttpRequest) -> Answer | None:
        """Return the response; None means that a fault breaks the connection."""
        try:
            request.api_key = check_key(request.headers.get("authorization", ""))
            self._check_account(request)
            request.api_version = self._version(request)
            extra = header_faults(request)
            rules = self._emulator.faults.for_request(request.method, request.path, extra)
            if not rules:
                return self._once(request, extra)
            return await self._with_fault(request, extra, InjectedFault.of(rules))
        except StripeError as error:
            return self._refusal(request, error)

    async def _with_fault(self, request: HttpRequest, extra: tuple[JSON, ...], fault: InjectedFault) -> Answer | None:
        idempotency, key = self._emulator.idempotency, request.key
        if replay := self._replay(request):
            return replay
        if key:
            idempotency.running.add(key)
        try:
            await fault.wait()
        finally:
            idempotency.running.discard(key or "")
        if fault.when == "before" and (fault.error or fault.reset):
            return None if fault.reset else self._perform(request, extra, fault.error)
        answer = self._perform(request, extra, None)
        if fault.reset:
            return None
        return self._refusal(request, fault.error) if fault.error else answer

    def _once(self, request: HttpRequest, extra: tuple[JSON, ...]) -> Answer:
        return self._replay(request) or self._perform(request, extra, None)

    def _replay(self, request: HttpRequest) -> Answer | None:
        """Return the response stored under the idempotency key."""
        if request.key is None:
            return None
        stored = self._emulator.idempotency.recall(request.key, request.path, fingerprint(request.body))
        if stored is None:
            return None
        headers = {**self._headers(request), "Idempotent-Replayed": "true", "Original-Request": stored.request_id}
        return Answer(stored.status, stored.body, headers)

    def _perform(self, request: HttpRequest, extra: tuple[JSON, ...], fault: StripeError | None) -> Answer:
        """Run the route; its changes are durable on return. If it raises `StripeError`, nothing is changed."""
        store = self._emulator.store
        try:
            if fault:
                raise fault
            status, body = 200, self._body(request, self._run(request, extra))
        except StripeError as error:
            if not error.stored:
                store.rollback()
                raise
            request.error = error.error
            status, body = error.status, self._body(request, error.body())
        except Exception:
            store.rollback()
            logging.getLogger("stripe_emulator").exception("%s %s failed", request.method, request.path)
            raise server_error() from None
        try:
            if request.key:
                stored = Stored(request.id, status, body)
                self._emulator.idempotency.remember(request.key, request.path, fingerprint(request.body), stored)
            if request.method != "GET":
                store.commit()
                self._emulator.pruning.answered()
        except sqlite3.Error as error:
            # Usually a full disk. No response was sent yet, so the client can retry.
            store.rollback()
            logging.getLogger("stripe_emulator").error("Cannot write the state file: %s", error)
            raise server_error() from None
        return Answer(status, body, self._headers(request))

    def _run(self, request: HttpRequest, extra: tuple[JSON, ...]) -> JSON:
        found = self._router.find(request.method, request.path)
        if found is None:
            raise unknown_url(request.method, request.path)
        route, args = found
        params = read_fields(route.fields, parameters(request)) if route.fields else {}
        check(route.rules, params)
        call = Request(
            self._emulator,
            request.id,
            request.key,
            extra,
            method=request.method,
            path=request.path,
            params=params,
            args=args,
            base_url=self._base_url(request),
            host=request.headers.get("host", "localhost"),
            api_version=request.api_version,
            key_hash=sha256(request.api_key.encode()).hexdigest()[:16],
        )
        data = route.handler(call)
        return self._expansion.expand(call, data) if "expand" in call.params else data

    def _check_account(self, request: HttpRequest) -> None:
        for header in ("Stripe-Account", "Stripe-Context"):
            wanted = request.headers.get(header.lower(), ACCOUNT_ID)
            if wanted != ACCOUNT_ID:
                what = f"Connect: `{header}: {wanted[:40]}` is not its own account ({ACCOUNT_ID})"
                raise not_supported(what, status=403, code="account_invalid")

    def _base_url(self, request: HttpRequest) -> str:
        return self._emulator.config.public_url or f"http://{request.headers.get('host', 'localhost')}"

    def _version(self, request: HttpRequest) -> str:
        asked = request.headers.get("stripe-version")
        return self._emulator.config.api_version if asked is None else checked(asked)

    def _refusal(self, request: HttpRequest, error: StripeError) -> Answer:
        if error.missing:
            unsupported.point_to_list(error, self._base_url(request))
        request.error = error.error
        body = self._body(request, error.body())
        return Answer(error.status, body, {**self._headers(request), **error.headers})

    def _body(self, request: HttpRequest, data: JSON) -> bytes:
        """Write the answer as the request's version defines it. There is none before the key was checked."""
        return pretty_bytes(render(data, request.api_version or NEWEST, self._emulator.store.look))

    def _headers(self, request: HttpRequest) -> dict[str, str]:
        version = request.api_version or self._emulator.config.api_version
        headers = {
            "Content-Type": "application/json",
            "Request-Id": request.id,
            "Stripe-Version": version,
            "Cache-Control": "no-cache, no-store",
            **notice(version),
        }
        if request.key:
            headers["Idempotency-Key"] = request.key
        return headers

    def _note(self, request: HttpRequest, answer: Answer) -> None:
        seconds = time.perf_counter() - request.started
        if self._emulator.config.log_requests:
            line = f"{request.method} {request.path} {answer.status} {seconds * 1000:.1f} ms {request.id}\n"
            sys.stderr.write(line)
        self._emulator.requests.add(
            RequestEntry(
                request.id,
                request.method,
                request.path,
                answer.status,
                self._emulator.clock.seconds(),
                seconds,
                request.api_version,
                request.key,
                request.headers.get("user-agent", ""),
                request.error,
                request.ip_address,
            )
        )


def _peer(scope: Scope) -> str:
    """Return the client's address; empty for a unix socket."""
    return str(scope["client"][0]) if scope.get("client") else ""
