"""Read the code blocks of a Markdown file, by section and language."""

import re
import textwrap
from pathlib import Path

SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.M | re.S)
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.M | re.S)


def blocks(file: Path, section: str, language: str) -> list[str]:
    """Return the code blocks in that language under `## section`, dedented. Raise KeyError for an unknown section."""
    text = dict(SECTION.findall(file.read_text()))[section]
    return [textwrap.dedent(code) for _, found, code in BLOCK.findall(text) if found == language]
