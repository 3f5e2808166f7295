"""Print a summary line for each run at the end."""

import pytest

RUNS = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print one line per run if there were several."""
    runs = config.stash.get(RUNS, [])
    for line in runs if len(runs) > 1 else []:
        terminalreporter.write_line(line)
