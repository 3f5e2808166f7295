"""The development override serves an edit without a build."""

import urllib3

from tests.compose.stack import ComposeStack, eventually

FILES = ("-f", "docker-compose.yml", "-f", "docker-compose.dev.yml")


def serves_edit(stack: ComposeStack) -> bool:
    """Return whether the app serves the edited code; a restarting app may not respond."""
    try:
        return b"edited" in stack.get("/healthz").data
    except urllib3.exceptions.HTTPError:
        return False


def test_an_edit_is_served(stack: ComposeStack) -> None:
    health = stack.folder / "app/web/health.py"
    original = health.read_text()
    stack.compose(*FILES, "up", "--wait")
    try:
        health.write_text(original.replace('{"status": "ok"}', '{"status": "edited"}'))
        eventually("the edit is served", lambda: serves_edit(stack))
        stack.await_paid(stack.buy())
    finally:
        health.write_text(original)
        stack.up()
    assert b"edited" not in stack.get("/healthz").data
