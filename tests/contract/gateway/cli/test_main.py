"""The command without a gateway: help is fast, and everything that is listed is there."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from gateway.cli.main import COMMANDS, main

pytestmark = pytest.mark.contract

HEAVY = ("aiohttp", "numba", "numpy", "rich", "jwt", "sqlalchemy")


def test_help_lists_the_commands() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert all(name in result.stdout for name in COMMANDS)


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from gateway.cli.main import main;"
        "CliRunner().invoke(main, ['--help']);"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Usage:")


def test_a_command_that_there_is_not() -> None:
    result = CliRunner().invoke(main, ["sevre"])
    assert result.exit_code == 2
    assert "No such command 'sevre'" in result.stderr
