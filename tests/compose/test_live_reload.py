"""The development override: an edit is served without building anything."""

from tests.compose.stack import ComposeStack, eventually

FILES = ("-f", "docker-compose.yml", "-f", "docker-compose.dev.yml")


def test_edit_is_served(stack: ComposeStack) -> None:
    health = stack.folder / "app/health.py"
    original = health.read_text()
    stack.compose(*FILES, "up", "--wait")
    try:
        health.write_text(original.replace('{"status": "ok"}', '{"status": "edited"}'))
        eventually("the edit is served", lambda: b"edited" in stack.get("/healthz").data, within=40)
        stack.await_paid(stack.buy())
    finally:
        health.write_text(original)
        stack.up()
    assert b"edited" not in stack.get("/healthz").data
