"""The example frontend knows everything that the API can say."""

import re
from pathlib import Path

from app.payments.models import Order

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = (ROOT / "examples/frontend/shop.js").read_text()
# Those speak to Stripe, to machines and to the staff, not to a frontend.
NOT_FOR_FRONTENDS = {"webhooks.py", "signature.py", "refunds.py", "inbox.py"}


def keys(table: str) -> set[str]:
    found = re.search(rf"const {table} = {{(.*?)\n}};", SCRIPT, re.S)
    assert found
    return set(re.findall(r"^  (\w+):", found.group(1), re.M))


def test_it_has_words_for_every_error_code() -> None:
    sources = [path for path in (ROOT / "app/payments").glob("*.py") if path.name not in NOT_FOR_FRONTENDS]
    codes = {code for path in sources for code in re.findall(r'Problem\(\s*\d{3},\s*"(\w+)"', path.read_text(), re.S)}
    assert len(codes) > 8
    assert codes <= keys("ERRORS")


def test_it_has_words_for_every_status() -> None:
    assert keys("STATES") == set(Order.Status.values)


def test_it_sends_the_header_that_avoids_ngroks_warning_page() -> None:
    assert '"ngrok-skip-browser-warning"' in SCRIPT
