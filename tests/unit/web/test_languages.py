"""Pages for buyers are in the browser's language, everything else is in English, and the catalogs are complete."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from app.payments.api.catalog import ensure_default_product
from app.payments.models import Order, Product
from tests.cli.installed import not_here
from tests.support.stack import ROOT
from tests.unit.payments.conftest import order

__all__ = ["order"]  # a fixture
pytestmark = pytest.mark.django_db

HEADLINES = {"en": "Page not found", "de": "Seite nicht gefunden", "es": "Página no encontrada"}


def read(client: Client, path: str, language: str) -> str:
    return client.get(path, headers={"Accept-Language": language}).content.decode()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"),
        ("de-AT,en;q=0.7", "de"),
        ("es-MX", "es"),
        ("en-GB,de;q=0.9", "en"),
        ("fr,es;q=0.5", "es"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        ("x" * 5000, "en"),
    ],
)
def test_a_page_is_in_the_browsers_language(client: Client, header: str, language: str) -> None:
    response = client.get("/no-such-page/", headers={"Accept-Language": header})
    html = response.content.decode()
    assert (f'<html lang="{language}">' in html, HEADLINES[language] in html) == (True, True)
    assert response.headers["Content-Language"] == language
    assert "Accept-Language" in response.headers["Vary"]


def test_other_languages_get_the_shops(client: Client, settings: Settings) -> None:
    settings.LANGUAGE_CODE = "es"
    assert HEADLINES["es"] in read(client, "/no-such-page/", "fr")
    assert HEADLINES["en"] in read(client, "/no-such-page/", "en")


@pytest.mark.parametrize("path", ["/api/nothing/", "/api/products/", "/admin/login/", "/healthz"])
def test_programs_and_operators_get_english(client: Client, settings: Settings, path: str) -> None:
    ensure_default_product()
    english = read(client, path, "en")
    settings.LANGUAGE_CODE = "de"
    without_token = re.compile(r'value="\w{64}"')
    assert without_token.sub("", read(client, path, "de")) == without_token.sub("", english)


def test_a_page_leaves_no_language_behind(client: Client) -> None:
    assert HEADLINES["de"] in read(client, "/no-such-page/", "de")
    assert HEADLINES["en"] in client.get("/no-such-page/").content.decode()


@pytest.mark.parametrize("language", ["de", "es"])
@pytest.mark.parametrize("status", Order.Status.values)
def test_each_status_is_translated(client: Client, order: Order, status: str, language: str) -> None:
    Order.objects.update(status=status, reason="Your card was declined.", reason_code="card_declined")
    path = f"/return/{order.pk}/"
    english, translated = (
        re.findall(r"<h1>(.+?)</h1>\s*<p>(.+?)</p>|<dt>(.+?)</dt>|<th scope=.row.>(\w+)</th>", read(client, path, code))
        for code in ("en", language)
    )
    assert len(english) == len(translated) > 2
    assert not set(english) & set(translated) - {("", "", "", "Total")}
    assert "Your card was declined." not in read(client, path, language)


def test_amounts_are_written_as_in_the_language(client: Client) -> None:
    Product.objects.create(sku="car", name="Car", unit_amount=1_234_550, currency="eur")
    assert ">12,345.50 EUR</data>" in read(client, "/", "en")
    assert ">12.345,50 EUR</data>" in read(client, "/", "de")
    assert ">12\u00a0345,50 EUR</data>" in read(client, "/", "es")
    assert 'data-unit-amount="1234550"' in read(client, "/", "de")


def test_an_error_of_the_form_is_translated(client: Client) -> None:
    ensure_default_product()
    answer = client.post("/", {}, headers={"Accept-Language": "de"})
    assert (answer.status_code, "Bitte wählen Sie mindestens ein Produkt." in answer.content.decode()) == (400, True)


# Catalogs ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogs after collecting the texts of a copy of the code."""
    if not shutil.which("xgettext"):
        not_here("no GNU gettext (Debian, Ubuntu: apt install gettext)")
    copy = tmp_path_factory.mktemp("catalogs") / "app"
    shutil.copytree(ROOT / "app", copy, ignore=shutil.ignore_patterns("__pycache__", "static"))
    command = [sys.executable, "-m", "django", "makemessages", "--all", "--no-obsolete", "--no-location"]
    without_settings = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, env=without_settings, check=True, capture_output=True)
    return copy / "locale"


@pytest.mark.parametrize("language", ["de", "es"])
def test_every_text_is_translated_and_compiled(extracted: Path, tmp_path: Path, language: str) -> None:
    def output_of(*command: str | Path) -> str:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout + done.stderr

    fresh, texts_here = tmp_path / "django.mo", extracted / language / "LC_MESSAGES" / "django.po"
    counts = output_of("msgfmt", "--check-format", "--statistics", "-o", fresh, texts_here)
    assert re.fullmatch(r"\d+ translated messages\.\n", counts), f"./scripts/translate, then translate: {counts}"
    committed = ROOT / "app" / "locale" / language / "LC_MESSAGES" / "django.mo"
    texts_of = re.compile(r"^msg.*?(?=^msg|\Z)", re.M | re.S)
    texts = [texts_of.findall(output_of("msgunfmt", each).partition("\n\n")[2]) for each in (committed, fresh)]
    assert texts[0] == texts[1], "run ./scripts/translate"


def test_the_image_keeps_the_catalogs_of_these_languages() -> None:
    kept = set(re.findall(r"'\*/locale/(\w+)/\*'", (ROOT / "Dockerfile").read_text()))
    assert kept == {code for code, _ in django_settings.LANGUAGES}
