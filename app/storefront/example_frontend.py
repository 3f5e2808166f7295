"""The example frontend for another PC, as a download with this server's address filled in."""

import io
import zipfile

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import escape
from django.views.decorators.http import require_safe

from app.config.stripe_mode import stripe_mode
from app.payments.api.links import base_url

FILES = ("index.html", "shop.js", "README.md")
FIELD = '<input id="api" '


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """Return examples/frontend as a zip file, or 404 with a live key: visitors are then buyers, not developers."""
    if stripe_mode() == "live":
        raise Http404
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            text = (settings.BASE_DIR / "examples" / "frontend" / name).read_text(encoding="utf-8")
            api = escape(base_url(request.META))
            archive.writestr(f"frontend/{name}", text.replace(FIELD, f'{FIELD}value="{api}" '))
    headers = {"Content-Disposition": 'attachment; filename="frontend.zip"'}
    return HttpResponse(packed.getvalue(), content_type="application/zip", headers=headers)
