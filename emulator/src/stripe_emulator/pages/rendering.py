"""Templates and the headers of every page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

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


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Render one HTML page. `assets` in a template is the relative path of the assets."""
    return HTMLResponse(_TEMPLATES.get_template(template).render(**values), status, HEADERS)
