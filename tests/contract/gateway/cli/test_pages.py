"""What the page on phones and trunks shows is configuration that holds, and commands that exist."""

import re
import shlex
import tomllib
from pathlib import Path

import click
import msgspec
import pytest

from gateway.cli.main import main
from gateway.config.loader import load
from gateway.config.trunks import TrunkSettings, trunk_problems

pytestmark = pytest.mark.contract

PAGE = (Path(__file__).parents[4] / "docs" / "phones-and-trunks.md").read_text("utf-8")
SETTINGS, TRUNK = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^ *cordboard (.+?)(?: +#.*)?$", PAGE, re.MULTILINE)


def test_the_settings_hold(tmp_path: Path) -> None:
    file = tmp_path / "cordboard.toml"
    file.write_text(SETTINGS, "utf-8")
    assert load(file, {}).sip.domains == ("sip.example.com",)


def test_the_trunk_holds() -> None:
    trunk = msgspec.convert(tomllib.loads(TRUNK), TrunkSettings)
    assert list(trunk_problems((), trunk)) == []
    assert [target.host for target in trunk.targets] == ["sip1.carrier.example", "sip2.carrier.example"]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_understood(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("carrier.toml").write_text(TRUNK, "utf-8")
    command: click.Command = main
    context = click.Context(command)
    words = shlex.split(line)
    while isinstance(command, click.Group):
        name, *words = words
        found = command.get_command(context, name)
        assert found is not None, name
        command, context = found, click.Context(found, parent=context)
    command.parse_args(context, words)
