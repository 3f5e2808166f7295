"""A Starlette route that writes one row to an SQLite file, with the emulator's journal mode, in one process."""

import os
import sqlite3

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

database = sqlite3.connect(os.environ["FILE"], isolation_level=None)
database.executescript(
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT)"
)


async def write(request: Request) -> JSONResponse:
    """Store the body and respond with its number."""
    body = await request.body()
    return JSONResponse({"id": database.execute("INSERT INTO rows (body) VALUES (?)", (body.decode(),)).lastrowid})


async def health(request: Request) -> JSONResponse:
    """Respond with 200."""
    return JSONResponse({})


application = Starlette(routes=[Route("/v1/checkout/sessions", write, methods=["POST"]), Route("/health", health)])
