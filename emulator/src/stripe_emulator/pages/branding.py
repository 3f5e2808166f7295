"""The style sheet for a session's `branding_settings`: the content security policy allows no inline styles."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stripe_emulator.account.emulator import Emulator
from stripe_emulator.jsontext import JSON
from stripe_emulator.pages.rendering import HEADERS

_CORNERS = {"pill": "1.75rem", "rectangular": "0", "rounded": "0.5rem"}


class BrandingSheet:
    """`/c/pay/{session}/branding.css`."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def show(self, request: Request) -> Response:
        """Return the style sheet, which is empty without branding."""
        session = self._emulator.store.get("checkout.session", request.path_params["session"])
        settings = (session and session.data["branding_settings"]) or {}
        return Response(style_sheet(settings), headers=HEADERS, media_type="text/css")


def style_sheet(settings: JSON) -> str:
    """Return the CSS for `branding_settings`. The API has validated the values."""
    rules = []
    if color := settings.get("background_color"):
        rules.append(f".summary {{ background: {color}; color: {_on(color)}; --muted: {_on(color)}; }}")
    if color := settings.get("button_color"):
        rules.append(f":root {{ --accent: {color}; --accent-strong: {color}; --on-accent: {_on(color)}; }}")
    if style := settings.get("border_style"):
        rules.append(f".button, .fill, .methods label, input, select {{ border-radius: {_CORNERS[style]}; }}")
    if (font := settings.get("font_family")) and font != "default":
        rules.append(f'body {{ font-family: "{font.replace("_", " ").title()}", system-ui, sans-serif; }}')
    return "\n".join(rules)


def _on(color: str) -> str:
    """Return black or white, whichever is readable on `#rrggbb`."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return "#000000" if red * 299 + green * 587 + blue * 114 > 150_000 else "#ffffff"
