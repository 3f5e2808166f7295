"""Says which part of the code changed, so that only that part is started again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from app.devstack.dev import output
from app.devstack.dev.config import Config

PARTS = {"app": "app", "emulator": "emulator", "manage.py": "app"}
MIGRATIONS = "migrations"
# Editors and git write several files in a row: one restart for all of them.
SETTLE_MS = 200


async def code_changes(config: Config) -> AsyncIterator[set[str]]:
    """Sets of 'app', 'emulator' and 'migrations'. What is written to DATA_DIR is no change."""
    async for parts in _changes(config, config.root / "app", config.root / "emulator" / "src"):
        yield parts


async def env_file_changes(config: Config) -> AsyncIterator[set[str]]:
    """Yields {'env'} when `.env`, or the file that it links to, was written, made or removed; it need not exist yet."""
    folders = {path.parent for path in _env_files(config) if path.parent.is_dir()}
    async for parts in _changes(config, *folders, recursive=False):
        if "env" in parts:
            yield parts


async def _changes(config: Config, *paths: Path, recursive: bool = True) -> AsyncIterator[set[str]]:
    # Imported late: it takes longer to load than all the rest, and nobody edits in the first second.
    from watchfiles import Change, DefaultFilter, awatch

    class CodeFilter(DefaultFilter):
        """Leaves out caches, editors' temporary files, DATA_DIR and what is not code."""

        def __call__(self, change: Change, path: str) -> bool:
            return super().__call__(change, path) and bool(changed_parts(config, Path(path)))

    stop = asyncio.Event()
    try:
        async for changes in awatch(
            *paths, watch_filter=CodeFilter(), debounce=SETTLE_MS, recursive=recursive, stop_event=stop
        ):
            yield set().union(*(changed_parts(config, Path(path)) for _, path in changes))
    except OSError as error:  # the machine's limit of watched files, mostly
        output.say(f"Changes of the code are not followed ({error}): start ./scripts/dev again after an edit.")
    finally:
        stop.set()


def changed_parts(config: Config, path: Path) -> set[str]:
    """What a change of that file means."""
    if path in _env_files(config):
        return {"env"}
    if path.is_relative_to(config.data_dir) or not path.is_relative_to(config.root):
        return set()
    names = path.relative_to(config.root).parts
    part = PARTS.get(names[0]) if names else None
    return {part, *({MIGRATIONS} & set(names))} if part else set()


def _env_files(config: Config) -> set[Path]:
    """`.env`, and the file that it is a link to."""
    return {config.root / ".env", (config.root / ".env").resolve()}
