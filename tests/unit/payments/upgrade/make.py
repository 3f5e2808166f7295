"""Make the databases of the first version that the tests upgrade: `python -m tests.unit.payments.upgrade.make`.

It checks out the first version's code into a temporary folder, installs its packages, and fills the databases.
"""

import os
import re
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from tests.support.postgres import Postgres, find_postgres
from tests.support.stack import ROOT, clean_environment

FIRST_VERSION = "0b9c1b5"
FOLDER = Path(__file__).parent
NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)?\n", re.M)


def main() -> None:
    """Write first_version.sqlite.sql and first_version.postgres.sql."""
    with tempfile.TemporaryDirectory() as folder, Postgres() as server:
        code = Path(folder)
        tar = subprocess.run(["git", "archive", FIRST_VERSION], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "x"], cwd=code, input=tar, check=True)
        subprocess.run(["python3", "-m", "venv", ".venv"], cwd=code, check=True)
        packages = ["install", "--quiet", "-r", "requirements.txt", "-r", "requirements-dev.txt"]
        subprocess.run([".venv/bin/pip", *packages], cwd=code, check=True)
        _fill(code, "")
        with closing(sqlite3.connect(code / "data/db.sqlite3")) as database:
            _write("sqlite", "\n".join(database.iterdump()))
        url = server.new_database()
        _fill(code, url)
        programs = find_postgres()
        assert programs
        dump = [str(programs / "pg_dump"), "--inserts", "--no-owner", "--no-privileges", url]
        _write("postgres", subprocess.run(dump, check=True, capture_output=True, text=True).stdout)


def _fill(code: Path, url: str) -> None:
    settings = {"DATABASE_URL": url, "DATA_DIR": "data", "DJANGO_SETTINGS_MODULE": "app.settings", "PYTHONPATH": "."}
    env = clean_environment() | settings | {"PATH": os.environ["PATH"], "LOG_LEVEL": "ERROR"}
    for arguments in (["manage.py", "migrate", "-v0"], [str(FOLDER / "fill.py")]):
        subprocess.run([".venv/bin/python", *arguments], cwd=code, env=env, check=True)


def _write(database: str, dump: str) -> None:
    (FOLDER / f"first_version.{database}.sql").write_text(NOISE.sub("", f"{dump}\n"))


if __name__ == "__main__":
    main()
