"""Makes `versions/declared.json`, the types of each API version, from releases of the `stripe` package for Node.

Its types have every field since 2022, and tell a field that may be missing from one that may be null; those of the
Python package do neither. Needs npm and Node, and some minutes:

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
    "2022-11-15": "12.18.0",
    "2023-08-16": "13.11.0",
    "2023-10-16": "14.25.0",
    "2024-04-10": "15.12.0",
    "2024-06-20": "16.12.0",
    "2024-09-30.acacia": "17.2.1",
    "2024-10-28.acacia": "17.3.1",
    "2024-11-20.acacia": "17.4.0",
    "2024-12-18.acacia": "17.5.0",
    "2025-01-27.acacia": "17.6.0",
    "2025-02-24.acacia": "17.7.0",
    "2025-03-31.basil": "18.0.0",
    "2025-04-30.basil": "18.1.1",
    "2025-05-28.basil": "18.2.1",
    "2025-06-30.basil": "18.3.0",
    "2025-07-30.basil": "18.4.0",
    "2025-08-27.basil": "18.5.0",
    "2025-09-30.clover": "19.1.0",
    "2025-10-29.clover": "19.3.1",
    "2025-11-17.clover": "20.0.0",
    "2025-12-15.clover": "20.2.0",
    "2026-01-28.clover": "20.3.1",
    "2026-02-25.clover": "20.4.1",
    "2026-03-25.dahlia": "22.0.2",
    "2026-04-22.dahlia": "22.1.1",
    "2026-05-27.dahlia": "22.2.3",
    "2026-06-24.dahlia": "22.3.2",
    "2026-07-29.dahlia": "22.4.0",
    "2026-08-26.dahlia": "22.6.2",
    "2026-09-30.endive": "23.0.1",
    "2026-10-28.endive": "23.1.0",
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
    "invoice": "Stripe.Invoice",
    "invoiceitem": "Stripe.InvoiceItem",
    "line_item": "Stripe.InvoiceLineItem",
    "mandate": "Stripe.Mandate",
    "payment_intent": "Stripe.PaymentIntent",
    "payment_method": "Stripe.PaymentMethod",
    "plan": "Stripe.Plan",
    "price": "Stripe.Price",
    "product": "Stripe.Product",
    "promotion_code": "Stripe.PromotionCode",
    "radar.early_fraud_warning": "Stripe.Radar.EarlyFraudWarning",
    "refund": "Stripe.Refund",
    "shipping_rate": "Stripe.ShippingRate",
    "subscription": "Stripe.Subscription",
    "subscription_item": "Stripe.SubscriptionItem",
    "tax_rate": "Stripe.TaxRate",
    "webhook_endpoint": "Stripe.WebhookEndpoint",
}
#: The payment methods of the emulator, as `payment_method` names their hashes.
OURS = {"card?", "customer_balance?", "sepa_debit?", "us_bank_account?", "radar_options?", "allow_redisplay?"}
#: A field's shape: a hash (optional fields end in "?"), a list of words, or "" for anything else.
Shape = Any
FILE = Path(__file__).resolve().parents[1] / "versions" / "declared.json"
_SCRIPT = Path(__file__).with_name("declared.cjs")


def load() -> dict[str, dict[str, Shape]]:
    """Return the fields of each kind of object by version, newest first. The file has the newest, then differences."""
    found: dict[str, dict[str, Shape]] = {}
    last: Any = {}
    for version, patch in json.loads(FILE.read_text()).items():
        found[version] = last = _patched(last, patch)
    return found


def _patched(old: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7396)."""
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


def _declared(folder: Path, version: str, release: str) -> dict[str, Shape]:
    _install(folder / version, f"stripe@{release}")
    command = ["node", str(_SCRIPT), str(folder / version), version, json.dumps(KINDS)]
    found: dict[str, Shape] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    others = {name for name in found["payment_method"] if name.endswith("?")} - OURS
    return {kind: _pruned(shape, others) for kind, shape in found.items()}


def _install(folder: Path, *packages: str) -> None:
    quiet = ["--no-audit", "--no-fund", "--no-save", "--silent", "--ignore-scripts", "--prefix", str(folder)]
    folder.mkdir(exist_ok=True)
    subprocess.run(["npm", "install", *quiet, *packages], check=True)


def _pruned(shape: Shape, others: set[str]) -> Shape:
    """Remove the fields of payment methods that the emulator does not have."""
    if not isinstance(shape, dict):
        return shape
    return {name: "" if name in others else _pruned(inner, others) for name, inner in shape.items()}


def main() -> None:
    """Write the file."""
    patches: dict[str, Any] = {}
    last: Any = {}
    with tempfile.TemporaryDirectory() as name:
        _install(Path(name), "typescript@5.9.3", "@types/node@20")
        for version, release in sorted(RELEASES.items(), reverse=True):
            sys.stderr.write(f"{version}: stripe@{release}\n")
            declared = _declared(Path(name), version, release)
            patches[version] = _patch(last, declared)
            last = declared
    lines = [f"{json.dumps(version)}: {json.dumps(patch)}" for version, patch in patches.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
