"""After the last day: all of them in a list."""

import pytest

DAYS = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A line for each day, when there were several."""
    days = config.stash.get(DAYS, [])
    for line in days if len(days) > 1 else []:
        terminalreporter.write_line(line)
