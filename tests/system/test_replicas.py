"""Several replicas start at once on an empty database."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.support.postgres import Postgres
from tests.support.stack import ROOT, clean_environment
from tests.support.waiting import until

PREPARE = [sys.executable, "-m", "app.config.prepare"]


def environment(tmp_path: Path, url: str) -> dict[str, str]:
    return clean_environment() | {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "DOCTOR_AT_START": "0"}


def test_concurrent_preparations_migrate_once(postgres: Postgres, tmp_path: Path) -> None:
    env = environment(tmp_path, postgres.new_database())
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(
                    PREPARE, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
                )
            )
            for _ in range(3)
        ]
        output = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], output
    assert "".join(output).count("The database was migrated") == 1
    assert "Traceback" not in "".join(output)


def test_a_worker_waits_for_the_migrations(postgres: Postgres, tmp_path: Path) -> None:
    env = environment(tmp_path, postgres.new_database())
    log = tmp_path / "worker.log"
    with log.open("w") as file:
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "db_worker"], cwd=ROOT, env=env, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: "Waiting until the database is migrated" in log.read_text(), "it waits")
        subprocess.run(PREPARE, cwd=ROOT, env=env, check=True, capture_output=True)
        until(lambda: "is migrated: starting" in log.read_text(), "it starts")
        assert "Traceback" not in log.read_text()
    finally:
        worker.terminate()
        assert worker.wait(30) == 0
