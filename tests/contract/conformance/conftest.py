"""Prints the table of what was compared with published descriptions, with `-v`."""

import pytest

from tests.contract.conformance.table import TABLE, lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if TABLE and config.get_verbosity() > 0:
        terminalreporter.section("answers beside what was published")
        for line in lines():
            terminalreporter.write_line(line)
