"""Django's test client, sent through the WSGI application that gunicorn serves."""

from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIEnvironment

from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import Client
from django.test.client import conditional_content_removal

from app.wsgi import application

Application = Callable[..., Any]


class Handler:
    """Calls a WSGI application as a server does, and keeps the response that it made."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment) -> HttpResponse:
        """Send one request."""
        # A test's transaction lives on the connection that the application would close.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        try:
            response: Any = self._application(environ, lambda *_: None)
            request = WSGIRequest(environ)
            response.wsgi_request = request
            conditional_content_removal(request, response)
            if not response.streaming:
                response.close()
        finally:
            for signal in (request_started, request_finished):
                signal.connect(close_old_connections)
        return response  # type: ignore[no-any-return]


class WsgiClient(Client):
    """A browser or a program that knows nothing but the application's addresses."""

    def __init__(self, application: Application = application, **options: Any) -> None:
        super().__init__(**options)
        self.handler = Handler(application)  # type: ignore[assignment]


def post_form(client: Client, path: str, fields: dict[str, Any], **options: Any) -> HttpResponse:
    """Post a form as a browser does that has loaded its page: with the page's CSRF token."""
    client.get(path)
    token = client.cookies["csrftoken"].value
    response: HttpResponse = client.post(path, fields | {"csrfmiddlewaretoken": token}, **options)  # type: ignore[assignment]
    return response
