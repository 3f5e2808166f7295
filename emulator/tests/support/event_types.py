"""Generate `resources/webhooks/event_types.json` from the official package.

cd emulator && PYTHONPATH=tests python -m support.event_types
"""

import json
import typing
from importlib.resources import files
from pathlib import Path
from typing import Any

import stripe

FILE = Path(str(files("stripe_emulator.resources.webhooks"))) / "event_types.json"


def text() -> str:
    """Return the file's content."""
    hint: Any = stripe.Event.__annotations__["type"]
    literal = next(each for each in (hint, *typing.get_args(hint)) if typing.get_origin(each) is typing.Literal)
    return json.dumps(sorted(typing.get_args(literal)), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
