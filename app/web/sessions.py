"""Sessions, users and messages, for the admin only: nobody else logs in."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from app.web.errors import outage
from app.web.throttling import take_login

PATH = "/admin/"


def login(request: HttpRequest) -> HttpResponse:
    """Show the admin's login, or log in; raises Problem 429 after too many attempts."""
    if request.method == "POST":
        take_login(request, request.POST.get("username", ""))
    return admin.site.login(request)


class StaffMiddleware:
    """Apply Django's session, authentication and message middleware to the admin's URLs only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        with_all: Any = SessionMiddleware(AuthenticationMiddleware(MessageMiddleware(get_response)))
        self._for_staff: Callable[[HttpRequest], HttpResponse] = with_all

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Call the next middleware, with a session, a user and messages under the admin's URLs."""
        if not request.path_info.startswith(PATH):
            return self._get_response(request)
        try:
            with translation.override("en"):  # our part of the admin is not translated
                response = self._for_staff(request)
            response.headers.setdefault("Content-Language", "en")
            return response
        except DatabaseError as error:  # the session is written after the view
            if unavailable := outage(request, error):
                return unavailable
            raise
