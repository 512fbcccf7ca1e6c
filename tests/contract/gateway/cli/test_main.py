"""The command without a gateway: help is fast, and everything that is listed is there."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from gateway.cli.main import TOPICS, main

pytestmark = pytest.mark.contract

HEAVY = ("aiohttp", "numba", "numpy", "rich", "jwt", "sqlalchemy")


def test_help_lists_the_commands_by_topic() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for topic, commands in TOPICS.items():
        assert f"{topic}:" in result.stdout
        assert all(f"\n  {name} " in result.stdout for name in commands)


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


def test_a_command_that_there_is_not() -> None:
    result = CliRunner().invoke(main, ["sevre"])
    assert result.exit_code == 2
    assert "No such command 'sevre'" in result.stderr
