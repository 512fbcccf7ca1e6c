"""What is left open: files, sockets, tasks, coroutines. `pytest --leaks` fails the tests that leave any.

In Python's development mode (PYTHONDEVMODE=1) every Python process says on its standard error what it has
left open; here that fails a test. Our own process turns it into errors at once. Others write it where pytest
captures it, or into a log below the directory of temporary files; logs are read when a module is over.
"""

import re
import sys
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SAID = re.compile(
    r".*(?:ResourceWarning|was never awaited|was destroyed but it is pending|exception was never retrieved"
    r"|Exception ignored in|leaked \w+ objects).*"
)
"""How Python and asyncio name what is left open, what nobody waited for, what failed with nobody to tell."""


@dataclass
class Logs:
    """What other processes have written so far."""

    directory: Path
    read: dict[Path, int] = field(default_factory=dict)
    """How much of each is known, in bytes."""

    def news(self) -> list[str]:
        """The leaks that have been named since it was last asked, each with its log."""
        logs = [path for path in self.directory.rglob("*.log") if path.is_file()]
        return [f"{log}: {leak}" for log in logs for leak in leaks_in(self._added(log))]

    def _added(self, log: Path) -> str:
        with log.open("rb") as file:
            file.seek(self.read.get(log, 0))
            words = file.read()
            self.read[log] = file.tell()
        return words.decode(errors="replace")


LOGS = pytest.StashKey[Logs]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--leaks", action="store_true", help="fail tests that leave something open")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("leaks"):
        if not sys.flags.dev_mode:
            raise pytest.UsageError("--leaks needs PYTHONDEVMODE=1, for all that the tests start as well")
        config.addinivalue_line("filterwarnings", "error::ResourceWarning")


@pytest.fixture(scope="session", autouse=True)
def logs_are_read(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> None:
    """From the first test on."""
    if pytestconfig.getoption("leaks"):
        pytestconfig.stash[LOGS] = Logs(tmp_path_factory.getbasetemp())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """After everything that ends with this test; with the last one, all ends that its module has started."""
    result = yield
    logs = item.config.stash.get(LOGS, None)
    if logs is not None and (nextitem is None or nextitem.path != item.path):
        left = logs.news()
        assert not left, "left open by processes of this module:\n" + "\n".join(left)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What was captured until everything that ends with this test had ended."""
    report = yield
    if report.when == "teardown" and report.passed and LOGS in item.config.stash:
        left = [leak for _, words in report.sections for leak in leaks_in(words)]
        if left:
            report.outcome, report.longrepr = "failed", "left open:\n" + "\n".join(left)
    return report


def leaks_in(words: str) -> list[str]:
    """The lines that name a leak."""
    return SAID.findall(words)
