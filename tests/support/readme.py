"""The commands in README.md, to be run as they stand."""

import re
import textwrap
from collections.abc import Mapping

from tests.support.stack import ROOT

BLOCK = re.compile(r"(?:^ {4}.*\n)+", re.M)


def commands(section: str = "", block: int = 0) -> list[str]:
    """Return the lines of a code block under `## section`, or at the top; with their comments."""
    text = (ROOT / "README.md").read_text()
    if section:
        text = text.split(f"\n## {section}\n")[1]
        text = text.split("\n## ")[0]
    found = BLOCK.findall(text)
    assert len(found) > block, f"README.md has no commands under {section!r}"
    return textwrap.dedent(found[block]).splitlines()


def command(start: str, section: str = "") -> str:
    """Return the line that starts with `start`."""
    (found,) = [line for line in commands(section) if line.startswith(start)]
    return found


def fill_in(text: str, placeholders: Mapping[str, str]) -> str:
    """Replace placeholders, like 'sk_live_…', that are in the text."""
    for placeholder, value in placeholders.items():
        text = text.replace(placeholder, value)
    return text
