"""`./scripts/lint` fails on a claim in docs/ that names no test, or one that does not exist."""

from pathlib import Path

import pytest

from tests.support.claims import DOCUMENTS, claims, errors, names_in
from tests.support.stack import ROOT

TEST = "tests/unit/test_login.py"
TEXT = """\
# Who can reach what

Strangers reach the shop{paragraph}.

| attack | what stops it | tested by |
|---|---|---|
| guessing | rate limits | {row} |
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with three tests."""
    (tmp_path / TEST).parent.mkdir(parents=True)
    (tmp_path / TEST).write_text(
        "def helper(): ...\n\ndef test_guessing(): ...\n\nclass TestLimits:\n    def test_wait(self): ...\n\n"
        "if True:\n    def test_hidden(): ...\n"
    )
    (tmp_path / "tests/unit/conftest.py").write_text("def test_guessing(): ...\n")
    return tmp_path


def found_in(root: Path, row: str, paragraph: str = f" (`{TEST}::test_guessing`)") -> list[str]:
    (root / "notes.md").write_text(TEXT.format(row=row, paragraph=paragraph))
    return list(errors("notes.md", root))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_claim_names_tests_that_exist(document: str) -> None:
    assert list(errors(document)) == []


def test_rows_and_paragraphs_are_claims_and_headings_are_not() -> None:
    found = dict(claims(TEXT + "\nA paragraph\nof two lines.\n- an item\n- another one\n## A heading\nThe end"))
    assert list(found) == [3, 7, 9, 11, 12, 14]
    assert found[9] == "A paragraph\nof two lines.\n"


@pytest.mark.parametrize(
    "row", [f"`{TEST}::test_guessing`", f"`{TEST}::test_guessing`, `{TEST}::TestLimits::test_wait`"]
)
def test_ids_of_tests_pass(root: Path, row: str) -> None:
    assert found_in(root, row) == []


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("", "notes.md:7: names no test"),
        ("`app/web/gate.py`", "notes.md:7: names no test"),
        (f"`{TEST}`", "is not the id of one test"),
        ("`tests/unit`", "is not the id of one test"),
        ("`tests/unit/conftest.py::test_guessing`", "is not the id of one test"),
        (f"`{TEST}::helper`", "does not exist"),
        (f"`{TEST}::test_wait`", "does not exist"),
        (f"`{TEST}::test_hidden`", "does not exist"),
        (f"`{TEST}::TestLimits`", "does not exist"),
        ("`tests/unit/test_gone.py::test_guessing`", "does not exist"),
        (f"`{TEST}::test_guessing`, `{TEST}::test_gone`", f"{TEST}::test_gone does not exist"),
    ],
)
def test_claim_without_a_test_is_named_with_its_line(root: Path, row: str, error: str) -> None:
    (found,) = found_in(root, row)
    assert error in found


def test_paragraph_without_a_test_is_named_with_its_line(root: Path) -> None:
    (found,) = found_in(root, f"`{TEST}::test_guessing`", paragraph="")
    assert found.startswith("notes.md:3: names no test")


def test_lint_runs_the_check() -> None:
    assert "\ncheck claims python -m tests.support.claims\n" in (ROOT / "scripts/lint").read_text()
    assert "test_lint_runs_the_check" in names_in(Path(__file__))
