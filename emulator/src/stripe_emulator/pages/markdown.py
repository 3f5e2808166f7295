"""The Markdown of custom texts: links, bold and italic text, and line breaks ("Customize text and policies")."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+|mailto:[^\s()]+)\)")
_BOLD = re.compile(r"\*\*(\S(?:.*?\S)?)\*\*|__(\S(?:.*?\S)?)__")
_ITALIC = re.compile(r"(?<![*\w])\*([^\s*](?:[^*]*[^\s*])?)\*(?![*\w])|(?<!\w)_([^\s_](?:[^_]*[^\s_])?)_(?!\w)")


def markdown(text: str | None) -> Markup | None:
    """Return the text as HTML. Everything else in it is escaped."""
    if not text:
        return None
    # Links are set aside, so that no other rule applies to their addresses.
    links: list[str] = []

    def set_aside(match: re.Match[str]) -> str:
        links.append(f'<a href="{match[2]}" target="_blank" rel="noopener">{_emphasized(match[1])}</a>')
        return f"\0{len(links) - 1}\0"

    html = _LINK.sub(set_aside, str(escape(text.replace("\0", ""))))
    html = re.sub("\0(\\d+)\0", lambda match: links[int(match[1])], _emphasized(html))
    return Markup(html.replace("\n", "<br>"))  # noqa: S704 - escaped above


def _emphasized(html: str) -> str:
    html = _BOLD.sub(lambda match: f"<strong>{match[1] or match[2]}</strong>", html)
    return _ITALIC.sub(lambda match: f"<em>{match[1] or match[2]}</em>", html)
