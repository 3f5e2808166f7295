"""The example frontend handles everything that the API returns."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from django.test import Client

from app.payments.api.catalog import ensure_default_product
from app.payments.api.schemas import ERROR_CODES
from app.payments.models import Order
from app.payments.stripe.client import CALLER_PARAMS

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = (ROOT / "examples/frontend/shop.js").read_text()
# Their errors reach Stripe, machines and operators, but no frontend.
NOT_FOR_FRONTENDS = {"webhooks.py", "signature.py", "refunds.py", "review.py", "settle.py", "erasure.py"}


def keys(table: str) -> set[str]:
    found = re.search(rf"const {table} = {{(.*?)\n}};", SCRIPT, re.S)
    assert found
    return set(re.findall(r"^  (\w+):", found.group(1), re.M))


# Made of an HTTP status.
BY_STATUS = {"bad_request", "internal_server_error", "method_not_allowed"}


def test_the_api_documents_every_error_code() -> None:
    names = ("payments", "payments/api", "payments/stripe", "web", "web/headers")
    folders = [ROOT / "app" / name for name in names]
    sources = [path for folder in folders for path in folder.glob("*.py") if path.name not in NOT_FOR_FRONTENDS]
    made = re.compile(r'(?:(?:Problem|kind)\(\s*\d{3},\s*|AmountError\()"(\w+)"')
    codes = {code for path in sources for code in made.findall(path.read_text())}
    assert sorted(codes | BY_STATUS | set(CALLER_PARAMS.values())) == list(ERROR_CODES)


def test_it_has_a_text_for_every_error_code() -> None:
    assert set(ERROR_CODES) <= keys("ERRORS")


def test_it_has_a_text_for_every_status() -> None:
    assert keys("STATES") == set(Order.Status.values)


def test_the_download_has_the_address_filled_in(client: Client) -> None:
    answer = client.get("/frontend.zip", headers={"Host": "192.168.1.5:8000"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        page = archive.read("frontend/index.html").decode()
        assert archive.read("frontend/shop.js").decode() == SCRIPT
    assert 'id="api" value="http://192.168.1.5:8000"' in page


@pytest.mark.django_db
def test_the_shop_links_to_the_download(client: Client) -> None:
    ensure_default_product()
    assert 'href="/frontend.zip"' in client.get("/").content.decode()


def test_it_skips_ngroks_warning_page() -> None:
    assert '"ngrok-skip-browser-warning"' in SCRIPT
