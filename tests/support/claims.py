"""The check of claims behind `./scripts/lint`: in some documents, each one names a test, and the test exists.

A claim is a row of a table or a paragraph. Tests are found by parsing their files, which takes no time.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = ("docs/security.md", "docs/platforms.md")
NAMED = re.compile(r"`((?:emulator/)?tests/[^`]*)`")
TEST_FILE = re.compile(r"(?:emulator/)?tests/(?:[\w-]+/)*test_\w+\.py")


def claims(text: str) -> Iterator[tuple[int, str]]:
    """Yield each claim with the number of its first line."""
    lines = text.splitlines()
    paragraph, start = "", 0
    for number, line in enumerate([*lines, ""], start=1):
        if paragraph and (not line.strip() or line.startswith(("|", "#", "- "))):
            yield start, paragraph
            paragraph = ""
        if line.startswith("|"):
            is_head = number < len(lines) and set(lines[number]) <= set("|-: ") and lines[number].startswith("|")
            if not is_head and not set(line) <= set("|-: "):
                yield number, line
        elif line.strip() and not line.startswith("#"):
            start = start if paragraph else number
            paragraph += f"{line}\n"


def errors(document: str, root: Path = ROOT) -> Iterator[str]:
    """Yield what is wrong with a document of the checkout `root`, one sentence each."""
    for number, claim in claims((root / document).read_text()):
        named = NAMED.findall(claim)
        if not named:
            yield f"{document}:{number}: names no test. Add one as `tests/…/test_….py::test_…`."
        for name in named:
            file, _, test = name.partition("::")
            if not test or not TEST_FILE.fullmatch(file):
                yield f"{document}:{number}: {name} is not the id of one test (tests/…/test_….py::test_…)."
            elif test not in names_in(root / file):
                yield f"{document}:{number}: {name} does not exist."


@cache
def names_in(file: Path) -> frozenset[str]:
    """Return the tests in a file, as pytest names them (`test_…`, `Test…::test_…`); none if there is no such file."""
    if not file.is_file():
        return frozenset()
    found = set[str]()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{each.name}" for each in node.body if _is_test(each)}
        elif _is_test(node):
            found.add(node.name)
    return frozenset(found)


def _is_test(node: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def main() -> int:
    """Print what is wrong, and return the exit code."""
    found = [error for document in DOCUMENTS for error in errors(document)]
    sys.stdout.writelines(f"{error}\n" for error in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
