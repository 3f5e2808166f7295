"""Run the processes of the stack together."""

import asyncio
import enum
import os
import re
import signal
import sys
from collections.abc import Coroutine, Mapping

from app.config.masking import mask
from app.devstack.dev import data_dir, output
from app.devstack.dev.code_changes import MIGRATIONS, code_changes, env_file_changes
from app.devstack.dev.config import Config, load_config
from app.devstack.dev.errors import StartError
from app.devstack.dev.ports import app_addresses, require_free_ports
from app.devstack.dev.processes import stripe_cli, tunnel, webhook_endpoint
from app.devstack.dev.processes.process import STOP_WITHIN_S, Process, kill_everything, run_once
from app.devstack.dev.readiness import announce

STATE = "stripe_emulator.db"
# Except for a file that another emulator is about to release.
DAMAGED_STATE = re.compile(r"as the state file: (?!another emulator)")
BAD_SETTINGS = os.EX_CONFIG  # the exit code of `prepare` after it printed one sentence


class Ending(enum.Enum):
    """The action after a run."""

    STOP = enum.auto()
    RESTART = enum.auto()


class Stack:
    """One run of the stack. When `run` returns or raises, all its processes have ended."""

    def __init__(self, config: Config, environ: Mapping[str, str], *, watch_changes: bool = True) -> None:
        self._config = config
        self._environ = environ
        self._watch_changes = watch_changes
        self._emulator = Process(
            "emulator",
            [sys.executable, "-m", "stripe_emulator", *_emulator_options(config)],
            config.env,
            after_start=lambda: webhook_endpoint.register(config),
            on_line=self._on_emulator_line,
        )
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "app/config/gunicorn.conf.py"]
        # A worker that is being forked misses the stop signal. If the supervisor is killed, only this timeout ends it.
        gunicorn += ["--graceful-timeout", f"{STOP_WITHIN_S:.0f}"]
        binds = [option for address in app_addresses(config) for option in ("--bind", address)]
        self._app = Process("app", [*gunicorn, *binds, "app.config.wsgi"], config.env)
        self._worker = Process("worker", [sys.executable, "manage.py", "db_worker"], config.env)

    async def run(self) -> Ending:
        """Run until a signal or a changed `.env`. Raises StartError if the settings are invalid."""
        self._ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._obey_signals()
        work = asyncio.create_task(self._work())
        work.add_done_callback(self._pass_on_failure)
        try:
            return await self._ended
        finally:
            work.cancel()
            await asyncio.wait([work])
            tunnel.forget(self._config)

    def _on_emulator_line(self, line: str) -> None:
        """Print the line. Stop on a damaged state file, which restarts don't fix."""
        output.writer("emulator")(line)
        if DAMAGED_STATE.search(line) and not self._ended.done():
            file = self._config.data_dir / STATE
            self._ended.set_exception(
                StartError(
                    f"The emulator's state file {file} can't be used (see its output above): move it away, with its "
                    "-wal and -shm files, and restart. Orders are kept; open sessions and test payments are not."
                )
            )

    def _pass_on_failure(self, work: asyncio.Task[None]) -> None:
        if not self._ended.done() and (failure := work.exception()):
            self._ended.set_exception(failure)

    def _obey_signals(self) -> None:
        numbers = [signal.SIGINT, signal.SIGTERM]
        # nohup asks to keep running without the terminal.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        for number in numbers:
            asyncio.get_running_loop().add_signal_handler(number, self._stop)

    def _stop(self) -> None:
        if self._ended.done():
            kill_everything()
        else:
            output.say("Stopping. Press Ctrl-C again to kill what is left.")
            self._ended.set_result(Ending.STOP)

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for task in self._sources_of_events():
                tasks.create_task(task)
            if refusal := await _prepare(self._config):
                self._ended.set_exception(StartError(refusal))
            else:
                tasks.create_task(self._app.keep_running())
                tasks.create_task(self._worker.keep_running())
                tasks.create_task(announce(self._config))
                for process in tunnel.tunnels(self._config):
                    tasks.create_task(process.keep_running())
                if self._watch_changes:
                    tasks.create_task(self._restart_on_code_changes())
                    tasks.create_task(self._restart_on_new_settings())

    def _sources_of_events(self) -> list[Coroutine[None, None, None]]:
        if self._config.uses_emulator:
            return [self._emulator.keep_running()]
        webhook_endpoint.forget_emulators_secret(self._config)
        listener = stripe_cli.listener(self._config)
        return [listener.keep_running()] if listener else []

    async def _restart_on_code_changes(self) -> None:
        async for parts in code_changes(self._config):
            output.say(f"The code of {' and '.join(sorted(parts - {MIGRATIONS}))} changed.")
            if MIGRATIONS in parts and (refusal := await _prepare(self._config)):
                output.say(refusal)
            if "app" in parts:
                self._app.restart()
                self._worker.restart()
            if "emulator" in parts:
                self._emulator.restart()

    async def _restart_on_new_settings(self) -> None:
        async for _ in env_file_changes(self._config):
            if refusal := await self._refusal_of_new_settings():
                output.say(f"{refusal} The stack keeps running on the old settings.")
            elif not self._ended.done():
                output.say(".env changed: restarting.")
                self._ended.set_result(Ending.RESTART)

    async def _refusal_of_new_settings(self) -> str:
        """Return why a restart would fail, by the same checks that a start makes; empty if it would not."""
        try:
            new = load_config(self._config.root, self._environ)
            await asyncio.to_thread(require_free_ports, new, self._config)
            if new.data_dir != self._config.data_dir:
                data_dir.claim(new.data_dir).close()
        except StartError as error:
            return str(error)
        return await _prepare(new)


async def _prepare(config: Config) -> str:
    """Migrate and seed with these settings. Return an empty string, or one sentence on why that failed."""
    lines: list[str] = []
    command = [sys.executable, "-m", "app.config.prepare"]
    code = await run_once("prepare", command, config.env, lines.append, announce=False)
    if code == BAD_SETTINGS and lines:
        return mask(lines[-1])
    for line in lines:
        output.writer("prepare")(line)
    return "Preparing the database failed: see the output above." if code else ""


def _emulator_options(config: Config) -> list[str]:
    state = config.data_dir / STATE
    return ["--host", "127.0.0.1", "--port", str(config.emulator_port), "--data", str(state)]
