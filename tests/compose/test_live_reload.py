"""The development override serves an edit without a build, whatever kind of file it is in."""

import io
import zipfile
from collections.abc import Iterator

import pytest
import urllib3

from tests.compose.stack import ComposeStack, eventually

FILES = ("-f", "docker-compose.yml", "-f", "docker-compose.dev.yml")
# An edit of each kind of file, and where it is served.
EDITS = [
    ("app/web/health.py", '{"status": "ok"}', '{"status": "edited"}', "/healthz"),
    ("app/storefront/templates/storefront/shop.html", "</h1>", " (edited)</h1>", "/"),
    ("app/storefront/static/storefront/base.css", "}", "} /* edited */", "/static/storefront/base.css"),
    ("examples/frontend/shop.js", ";", "; // edited", "/frontend.zip"),
]


@pytest.fixture(scope="module")
def live(stack: ComposeStack) -> Iterator[ComposeStack]:
    """The stack in this mode."""
    stack.compose(*FILES, "up", "--wait")
    yield stack
    stack.up()  # in this mode, the app may still be restarting


def served(stack: ComposeStack, path: str) -> str:
    """Return the text that the app serves; a restarting app may not respond."""
    try:
        answer = stack.get(path)
    except urllib3.exceptions.HTTPError:
        return ""
    if not path.endswith(".zip"):
        return answer.data.decode()
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return archive.read("frontend/shop.js").decode()


def test_a_payment_settles(live: ComposeStack) -> None:
    live.await_paid(live.buy())


@pytest.mark.parametrize(("file", "old", "new", "path"), EDITS)
def test_an_edit_is_served(live: ComposeStack, file: str, old: str, new: str, path: str) -> None:
    original = (live.folder / file).read_text()
    (live.folder / file).write_text(original.replace(old, new))
    try:
        eventually("the edit is served", lambda: "edited" in served(live, path))
    finally:
        (live.folder / file).write_text(original)
    eventually("it is undone", lambda: served(live, path) and "edited" not in served(live, path))
