"""Reads `.env` strictly: what Docker Compose, Django and a shell would each take differently is refused."""

import re
from pathlib import Path

from app.devstack.supervisor.errors import StartError

ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
QUOTED = re.compile(r"""(["'])(.*?)\1\s*(?:#.*)?""")
COMMENT = re.compile(r"(?:^|\s+)#.*")


def read_env_file(path: Path) -> dict[str, str]:
    """The variables in the file; none when there is no file."""
    if not path.exists():
        return {}
    lines = enumerate(_text(path).split("\n"), start=1)
    return dict(_assignment(path.name, number, line.strip()) for number, line in lines if _holds_something(line))


def _text(path: Path) -> str:
    try:
        # A byte order mark is what Windows' Notepad puts first.
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StartError(f"{path.name} is not UTF-8 text: save it again with the encoding UTF-8.") from None
    except OSError as error:
        raise StartError(f"{path.name} can't be read ({error.strerror}): it must be a readable file.") from None
    if "\r" in text:
        raise StartError(
            f"{path.name} has Windows line ends (CRLF): save it with Unix ones (LF), "
            f"for example by `sed -i.bak 's/\\r$//' {path.name}`."
        )
    return text


def _holds_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _assignment(file: str, number: int, line: str) -> tuple[str, str]:
    match = ASSIGNMENT.fullmatch(line)
    if not match:
        # The line itself may be a secret pasted without its name: never repeat it.
        raise StartError(f"Line {number} of {file} is not NAME=value: correct it, or put a # in front of it.")
    name, value = match.groups()
    return name, _value(file, number, name, value)


def _value(file: str, number: int, name: str, value: str) -> str:
    if value[:1] not in {'"', "'"}:
        return COMMENT.sub("", value).strip()
    quoted = QUOTED.fullmatch(value)
    if not quoted:
        raise StartError(f"{name} on line {number} of {file} has a quote that is not closed: write it without quotes.")
    if name.startswith("STRIPE_"):
        raise StartError(f"{name} on line {number} of {file} is in quotes: write it without them.")
    return quoted.group(2)
