"""Generate `resources/literals.json`, long lists of parameter values, from the official package.

cd emulator && PYTHONPATH=tests python -m support.literals
"""

import json
from importlib.resources import files
from pathlib import Path

from support.parameters import Parameter, calls, parameters

FILE = Path(str(files("stripe_emulator.resources"))) / "literals.json"
_SESSION, _INTENT = "POST /v1/checkout/sessions", "POST /v1/payment_intents"
# The call and parameter of each list.
LISTS = {
    "countries": (_SESSION, "shipping_address_collection", "allowed_countries"),
    "fonts": (_SESSION, "branding_settings", "font_family"),
    "intent_types_allowed": (_INTENT, "allowed_payment_method_types"),
    "intent_types_excluded": (_INTENT, "excluded_payment_method_types"),
    "locales": (_SESSION, "locale"),
    "session_types_allowed": (_SESSION, "allowed_payment_method_types"),
    "session_types_excluded": (_SESSION, "excluded_payment_method_types"),
    "tax_types": ("POST /v1/tax_rates", "tax_type"),
}


def _words(call: str, *path: str) -> list[str]:
    fields = parameters(calls()[call])
    for name in path[:-1]:
        fields = dict(fields[name].fields)
    found: Parameter = fields[path[-1]]
    return sorted((found.item or found).literals - {""})


def text() -> str:
    """Return the file's content."""
    return json.dumps({name: _words(*where) for name, where in LISTS.items()}, indent=0) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
