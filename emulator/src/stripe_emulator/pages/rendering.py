"""Templates and the headers of every page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from stripe_emulator.pages.locales import Locale, locale_of

ENGLISH = locale_of("en", "")

_HERE = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader([_HERE / "templates", _HERE.parent / "control" / "templates"]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

# No form-action: without scripts, the form's response redirects to the shop, which that directive would forbid.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    # Not no-referrer: the form would be posted with `Origin: null`, like a form on another site.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def page(template: str, status: int = 200, *, locale: Locale = ENGLISH, **values: Any) -> HTMLResponse:
    """Render one HTML page. `assets` in a template is the relative path of the assets."""
    words = {"_": locale.text, "money": locale.money, "language": locale.language, "locale": locale.tag}
    return HTMLResponse(_TEMPLATES.get_template(template).render(**words, **values), status, HEADERS)


def message(
    locale: Locale, title: str, text: str, *, status: int = 200, assets: str = "assets", back: str | None = None
) -> HTMLResponse:
    """Render a page that only says something. `back` is the shop's page."""
    said = {"title": locale.text(title), "text": locale.text(text)}
    return page("message.html", status, locale=locale, assets=assets, back=back, **said)


def locale_for(request: Request, wanted: str | None = None) -> Locale:
    """Return the locale that a session wants, or that of the browser."""
    return locale_of(wanted, request.headers.get("accept-language", ""))
