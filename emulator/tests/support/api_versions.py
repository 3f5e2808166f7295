"""Makes `versions/released.json` from the official package.

cd emulator && PYTHONPATH=tests python -m support.api_versions
"""

import json
import typing
from importlib.resources import files
from pathlib import Path

from stripe.params import WebhookEndpointCreateParams

FILE = Path(str(files("stripe_emulator.versions"))) / "released.json"


def text() -> str:
    """Return the file's content."""
    (literal,) = typing.get_args(WebhookEndpointCreateParams.__annotations__["api_version"])
    return json.dumps(sorted(typing.get_args(literal)), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
