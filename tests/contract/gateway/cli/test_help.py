"""Every command explains itself, with an example that is understood, and docs/cli.md knows them all."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gateway.cli.main import main

pytestmark = pytest.mark.contract

PAGE = Path(__file__).parents[4] / "docs" / "cli.md"


def _commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, *path, name)


COMMANDS = dict(_commands(main))
LEAVES = [path for path, command in COMMANDS.items() if not isinstance(command, click.Group)]


def _examples(path: tuple[str, ...]) -> list[list[str]]:
    """The words of each `cordboard` in the example, without what the shell makes of them."""
    _, _, text = CliRunner().invoke(main, [*path, "--help"]).stdout.partition("Example:\n")
    typed = [part.strip() for line in text.splitlines() for part in line.partition(" > ")[0].split(" | ")]
    return [shlex.split(part)[1:] for part in typed if part.startswith("cordboard ")]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*path, "--help"])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"Usage: main {' '.join(path)}")
    assert COMMANDS[path].help


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_has_an_example_that_is_understood(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("hello.wav", "numbers.csv", "public.pem", "carrier.toml"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    for leaf in LEAVES:
        monkeypatch.setattr(COMMANDS[leaf], "callback", lambda **_: None)
    examples = _examples(path)
    assert any(example[: len(path)] == list(path) for example in examples)
    for example in examples:
        result = CliRunner().invoke(main, example)
        assert result.exit_code == 0, (example, result.output)


def test_every_command_of_the_page_is_there() -> None:
    text = PAGE.read_text()
    named = {tuple(words.split()) for words in re.findall(r"`cordboard ([a-z -]+)`", text)}
    assert len(named) > 40
    assert named - set(COMMANDS) == set()


def test_the_page_names_every_command() -> None:
    text = PAGE.read_text()
    # Of the groups without counterparts elsewhere the name is enough.
    missing = [
        path for path in LEAVES if not any(f"`cordboard {' '.join(path[:n])}`" in text for n in (1, 2))
    ]
    assert missing == []
