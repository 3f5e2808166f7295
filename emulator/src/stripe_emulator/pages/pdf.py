"""A PDF file of plain lines, in the fonts that every reader has (ISO 32000-1, "Standard 14 fonts")."""

from __future__ import annotations

from typing import NamedTuple

# A4, in points.
_WIDTH, _HEIGHT, _MARGIN = 595, 842, 56
_FONTS = {"F1": "Helvetica", "F2": "Helvetica-Bold", "F3": "Courier"}


class Line(NamedTuple):
    """A line of text on the left, and an amount at the right margin."""

    text: str = ""
    amount: str = ""
    size: int = 10
    bold: bool = False


def pdf(title: str, lines: list[Line]) -> bytes:
    """Return a PDF file with these lines, on as many pages as they need."""
    contents = [_content(page) for page in _pages(lines)]
    first = 4 + len(_FONTS)  # the number of the first page's object
    kids = " ".join(f"{first + 2 * place} 0 R" for place in range(len(contents)))
    fonts = " ".join(f"/{name} {4 + place} 0 R" for place, name in enumerate(_FONTS))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        b"<< /Title " + _string(title) + b" >>",
        *(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>".encode()
            for font in _FONTS.values()
        ),
    ]
    for place, content in enumerate(contents):
        box, resources = f"[0 0 {_WIDTH} {_HEIGHT}]", f"<< /Font << {fonts} >> >>"
        entry = f"/Parent 2 0 R /MediaBox {box} /Resources {resources} /Contents {first + 2 * place + 1} 0 R"
        objects.append(f"<< /Type /Page {entry} >>".encode())
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    return _file(objects)


def _pages(lines: list[Line]) -> list[list[tuple[int, Line]]]:
    """Return the lines of each page with their heights above its bottom."""
    pages: list[list[tuple[int, Line]]] = [[]]
    height = _HEIGHT - _MARGIN
    for line in lines:
        height -= line.size * 8 // 5
        if height < _MARGIN:
            pages.append([])
            height = _HEIGHT - _MARGIN - line.size * 8 // 5
        pages[-1].append((height, line))
    return pages


def _content(page: list[tuple[int, Line]]) -> bytes:
    parts = [b"BT"]
    for height, line in page:
        if line.text:
            font = "F2" if line.bold else "F1"
            parts.append(
                f"/{font} {line.size} Tf 1 0 0 1 {_MARGIN} {height} Tm ".encode() + _string(line.text) + b" Tj"
            )
        if line.amount:
            # All characters of Courier are 0.6 of its size wide.
            left = _WIDTH - _MARGIN - len(line.amount) * line.size * 0.6
            place = f"/F3 {line.size} Tf 1 0 0 1 {left:.1f} {height} Tm "
            parts.append(place.encode() + _string(line.amount) + b" Tj")
    return b"\n".join([*parts, b"ET"])


def _string(text: str) -> bytes:
    """Return a PDF string. Characters that the fonts don't have become question marks."""
    plain = text.replace("\u202f", "\u00a0").replace("−", "-").encode("cp1252", "replace")
    return b"(" + plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")"


def _file(objects: list[bytes]) -> bytes:
    parts, places, size = [b"%PDF-1.4\n"], [], 9
    for number, body in enumerate(objects, 1):
        places.append(size)
        parts.append(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
        size += len(parts[-1])
    count = len(objects) + 1
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer\n<< /Size {count} /Root 1 0 R /Info 3 0 R >>\nstartxref\n{size}\n%%EOF\n"
    return b"".join(parts) + f"xref\n0 {count}\n0000000000 65535 f \n{table}{trailer}".encode()
