"""`cordboard`: the list of its commands. A command's file is imported when the command is used."""

import importlib
from pathlib import Path

import click

from gateway.cli.setup import Setup

COMMANDS = {
    "serve": "Start the gateway.",
    "demo": "Make one real call through a gateway of its own, and show everything.",
    "app": "Create and list applications.",
    "number": "Import, search, rent and link numbers.",
    "account": "Create and look after accounts.",
    "jwt": "Make a token for an application.",
    "call": "Make a call and follow it to its end.",
    "tail": "Follow events as they happen.",
    "doctor": "Say what is missing or misconfigured.",
}


class _LazyGroup(click.Group):
    """Knows its commands by name; each is the object of its own name in the module of its own name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"gateway.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=_LazyGroup)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The configuration file [default: $CORDBOARD_CONFIG or ./cordboard.toml]",
)
@click.version_option(package_name="cordboard")
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """A self-hosted gateway for voice applications."""
    context.obj = Setup(config)
