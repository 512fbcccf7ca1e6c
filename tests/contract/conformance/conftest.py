"""Prints the table of what was compared with published descriptions."""

import pytest

from tests.contract.conformance.table import TABLE, lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TABLE:
        terminalreporter.section("answers beside what was published")
        for line in lines():
            terminalreporter.write_line(line)
