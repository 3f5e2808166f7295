"""What each API version declares of the objects, from the released `stripe` packages for Node.

Those say of every field whether it may be missing; the packages for Python say so only since 2023, and do not tell
"missing" from "null". Makes `versions/declared.json` (needs npm and Node):

cd emulator && PYTHONPATH=tests python -m support.declared
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

#: The newest release of each API version.
RELEASES = {
    "2022-11-15": "",
}
#: By kind of object, the package's type.
KINDS = {
    "account": "Stripe.Account",
    "balance": "Stripe.Balance",
    "balance_transaction": "Stripe.BalanceTransaction",
    "card": "Stripe.Card",
    "cash_balance": "Stripe.CashBalance",
    "charge": "Stripe.Charge",
    "checkout.session": "Stripe.Checkout.Session",
    "coupon": "Stripe.Coupon",
    "customer": "Stripe.Customer",
    "customer_cash_balance_transaction": "Stripe.CustomerCashBalanceTransaction",
    "discount": "Stripe.Discount",
    "dispute": "Stripe.Dispute",
    "item": "Stripe.LineItem",
    "payment_intent": "Stripe.PaymentIntent",
    "payment_method": "Stripe.PaymentMethod",
    "plan": "Stripe.Plan",
    "price": "Stripe.Price",
    "product": "Stripe.Product",
    "radar.early_fraud_warning": "Stripe.Radar.EarlyFraudWarning",
    "refund": "Stripe.Refund",
    "subscription": "Stripe.Subscription",
    "subscription_item": "Stripe.SubscriptionItem",
    "webhook_endpoint": "Stripe.WebhookEndpoint",
}
#: A field's shape: a hash (optional fields end in "?"), a list of words, or "" for anything else.
Shape = Any
FILE = Path(__file__).resolve().parents[1] / "versions" / "declared.json"
_SCRIPT = Path(__file__).with_name("declared.cjs")
_TYPESCRIPT = "typescript@5.9.3"


def load() -> dict[str, dict[str, Shape]]:
    """All versions, newest first: by kind of object, its fields. The file holds the newest, then differences."""
    found: dict[str, dict[str, Shape]] = {}
    last: Any = {}
    for version, patch in json.loads(FILE.read_text()).items():
        found[version] = last = _patched(last, patch)
    return found


def _patched(old: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    new = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        new[name] = _patched(new.get(name), value)
    return {name: value for name, value in new.items() if value is not None}


def _patch(old: Any, new: Any) -> Any:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    names = [*new, *(name for name in old if name not in new)]
    changed = {name: _patch(old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}
    return {name: changed[name] for name in sorted(changed)}


def _declared(release: str) -> dict[str, Shape]:
    with tempfile.TemporaryDirectory() as folder:
        quiet = ["--no-audit", "--no-fund", "--no-save", "--silent", "--ignore-scripts", "--prefix", folder]
        subprocess.run(["npm", "install", *quiet, f"stripe@{release}", _TYPESCRIPT, "@types/node@20"], check=True)
        command = ["node", str(_SCRIPT), folder, json.dumps(KINDS)]
        found: dict[str, Shape] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return found


def main() -> None:
    """Write the file."""
    patches: dict[str, Any] = {}
    last: Any = {}
    for version, release in sorted(RELEASES.items(), reverse=True):
        sys.stderr.write(f"{version}: stripe@{release}\n")
        declared = _declared(release)
        patches[version] = _patch(last, declared)
        last = declared
    FILE.write_text(json.dumps(patches, indent=1) + "\n")


if __name__ == "__main__":
    main()
