"""The development override: an edit is served without building anything."""

import urllib3

from tests.compose.stack import ComposeStack, eventually

FILES = ("-f", "docker-compose.yml", "-f", "docker-compose.dev.yml")


def serves_edit(stack: ComposeStack) -> bool:
    """Whether the app answers with the edited code; while it starts again it may not answer at all."""
    try:
        return b"edited" in stack.get("/healthz").data
    except urllib3.exceptions.HTTPError:
        return False


def test_edit_is_served(stack: ComposeStack) -> None:
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
