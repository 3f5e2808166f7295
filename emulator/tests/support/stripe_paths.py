"""Generate `api/stripe_paths.json`, all calls of Stripe's API (v1, v2, OAuth), from the official package.

cd emulator && PYTHONPATH=tests python -m support.stripe_paths
"""

import json
import re
from importlib.resources import files
from pathlib import Path

import stripe

FILE = Path(str(files("stripe_emulator.api"))) / "stripe_paths.json"
_CALL = re.compile(r'request\(\s*"(get|post|delete)",\s*"(/[^"]*)"')


def text() -> str:
    """Return the file's content."""
    services = Path(stripe.__file__).parent.rglob("_*_service.py")
    found = {match.groups() for file in services for match in _CALL.finditer(file.read_text())}
    calls = {f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}" for method, path in found}
    return json.dumps(sorted(calls), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
