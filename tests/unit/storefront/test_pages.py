"""Rules for all pages: strict content security, hashed static files, error pages."""

import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings

STOREFRONT = Path(__file__).resolve().parents[3] / "app" / "storefront"
TEMPLATES = sorted((STOREFRONT / "templates").rglob("*.html"))
STATIC = sorted((STOREFRONT / "static").rglob("*.*"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_no_inline_script_or_style(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_load_nothing_from_other_hosts(template: Path) -> None:
    assert not re.search(r"(src|href)=\"(https?:)?//", template.read_text())


@pytest.mark.parametrize("file", STATIC, ids=lambda path: path.name)
def test_static_files_import_no_unhashed_file(file: Path) -> None:
    assert not re.search(r"^\s*import\b|import\(|@import|url\(", file.read_text(), re.M)


def test_static_files_get_hashed_names(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    collected = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": collected}
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    for name in ("base.css", "storefront.css", "shop.js", "return.js", "money.js", "icons.svg", "icon.svg"):
        hashed = names[f"storefront/{name}"]
        assert re.fullmatch(r"storefront/\w+\.[0-9a-f]{12}\.\w+", hashed)
        assert (tmp_path / hashed).is_file()
        assert (tmp_path / "storefront" / name).is_file()  # 500.html uses the plain name


def test_the_error_page_needs_no_context() -> None:
    html = render_to_string("500.html")
    assert "Something went wrong on our side" in html
    assert "{" not in html


@pytest.mark.django_db
def test_an_unknown_page_is_a_404(client: Client) -> None:
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()


@pytest.mark.django_db
def test_only_test_modes_are_announced(client: Client, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    assert "local stand-in for Stripe" in client.get("/").content.decode()
    settings.STRIPE_SECRET_KEY = "sk_test_1234"
    assert "Stripe test account" in client.get("/").content.decode()
    settings.STRIPE_SECRET_KEY = "sk_" + "live_1234"
    assert "stripe-mode" not in client.get("/").content.decode()


def test_the_error_page_links_unhashed_style_sheets(settings: Settings) -> None:
    page = render_to_string("500.html")
    assert all(f'href="{settings.STATIC_URL}storefront/{name}.css"' in page for name in ("base", "storefront"))
