"""The app's URLs, and views that crash with secrets in the error."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

from app.config.urls import urlpatterns as real


def crash(request: HttpRequest) -> HttpResponse:
    key, database = settings.STRIPE_SECRET_KEY, f"postgres://shop:{settings.DATABASES['default']['PASSWORD']}@db/shop"
    raise RuntimeError(f"No luck with {key}, {settings.STRIPE_WEBHOOK_SECRETS[0]} and {database}.")


urlpatterns = [path("api/crash/", crash), path("crash/", crash), *real]
