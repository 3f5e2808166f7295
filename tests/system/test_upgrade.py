"""./scripts/dev upgrades a data folder of the first version."""

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

import urllib3

from tests.support.emulator import KEY
from tests.support.stack import Stack
from tests.unit.payments.upgrade.first_version import build_sqlite


def test_a_data_folder_of_the_first_version_is_upgraded(tmp_path: Path) -> None:
    with closing(sqlite3.connect(build_sqlite(tmp_path))) as database:
        [[old]] = database.execute("SELECT id FROM payments_order WHERE idempotency_key = 'paid, not delivered yet'")
    with Stack(data_dir=tmp_path) as stack:
        url = f"{stack.url}/api/orders/{uuid.UUID(old)}/"
        assert urllib3.request("GET", url).json()["status"] == "paid"
        body = {"customer_email": "today@example.com"}
        started = urllib3.request("POST", f"{stack.url}/api/checkout/", json=body).json()
        stack.wait_for_log(f"Order number: {uuid.UUID(old)}")  # the receipt, printed by the worker
        session_id = started["checkout_url"].rpartition("/")[2]
        url = f"{stack.emulator_url}/v1/payment_pages/{session_id}/confirm"
        fields, headers = {"payment_method": "pm_card_visa"}, {"Authorization": f"Bearer {KEY}"}
        http = urllib3.PoolManager()
        answer = http.request_encode_body("POST", url, fields, headers, encode_multipart=False)
        assert answer.status == 200, answer.data
        stack.wait_for_log(f"order {started['order_id']} is paid")
        stack.wait_for_log(f"Order number: {started['order_id']}")
