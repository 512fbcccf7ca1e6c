"""`cordboard`: the list of its commands. A command's file is imported when the command is used."""

import importlib
from pathlib import Path

import click

from gateway.cli.setup import Setup

TOPICS = {
    "The gateway": {
        "serve": "Start the gateway.",
        "demo": "Make one real call, and show everything of it.",
        "doctor": "Say what is missing or misconfigured.",
        "workers": "List the media workers, and how busy they are; for the operator.",
        "voices": "List the languages and styles of talk, and who speaks them.",
        "openapi": "List the operations of the HTTP interface.",
    },
    "Account": {
        "app": "Applications, their webhooks, keys and numbers.",
        "number": "Import, search, rent and link numbers.",
        "sip": "SIP domains, their users, and who is registered.",
        "trunk": "Carriers and telephone systems, and whether they are up; for the operator.",
        "jwt": "Make tokens for an application, and look into them.",
        "secret": "The secrets that open the account.",
        "balance": "Show the account's balance.",
        "account": "Create and look after accounts; for the operator.",
    },
    "Conversations": {
        "conversation": "Create, list, change, record and delete conversations.",
        "member": "Who is in a conversation: add, list, change and remove.",
        "user": "Create, list, change and delete users.",
        "event": "List, post and delete events.",
        "tail": "Follow events as they happen.",
    },
    "Calls": {
        "call": "Make a call and follow it to its end.",
        "leg": "Steer and end calls; speak, play, dial, record.",
        "recording": "List and download recordings.",
    },
    "Files and records": {
        "media": "List, upload, download and delete files.",
        "report": "Order, follow and download reports of calls.",
        "redact": "Forget who called whom.",
    },
}
COMMANDS = {name: words for topic in TOPICS.values() for name, words in topic.items()}


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
        width = max(map(len, COMMANDS))
        for topic, commands in TOPICS.items():
            with formatter.section(topic):
                formatter.write_dl([(name.ljust(width), words) for name, words in commands.items()])


@click.command(cls=_LazyGroup)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The configuration file [default: $CORDBOARD_CONFIG or ./cordboard.toml]",
)
@click.version_option(package_name="cordboard")
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """A self-hosted gateway for voice applications. `cordboard COMMAND --help` says more, with an example."""
    context.obj = Setup(config)
