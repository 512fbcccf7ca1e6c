"""What commands have in common: who asks, what is shown, which ids, and whether it is meant."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path

import click

from gateway.cli.setup import Setup
from gateway.cli.show import Output

Command = Callable[..., None]

STANDARD_INPUT = "-"
NAMED_AT_MOST = 5
"""Ids that a question repeats; more fill the screen and nobody reads them."""


def example(*lines: str) -> str:
    """The end of a command's help: what to type, word for word."""
    return "\b\nExample:\n" + "\n".join(f"  cordboard {line}" for line in lines)


def all_of(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """The command takes these options, and its help shows them in this order."""

    def take(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return take


def for_account(command: Command) -> Command:
    """The command gets a client with the account's key and secret as its first argument."""

    @click.pass_obj
    @functools.wraps(command)
    def run(setup: Setup, /, **values: object) -> None:
        command(setup.account(), **values)

    return run


def for_application(command: Command) -> Command:
    """The command takes --app and --keyfile, and gets a client of that application as its first argument."""

    @click.option("--app", help="The application's id or name; may be left out when there is only one key")
    @click.option(
        "--keyfile", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its private key"
    )
    @click.pass_obj
    @functools.wraps(command)
    def run(setup: Setup, /, app: str | None, keyfile: Path | None, **values: object) -> None:
        command(setup.application(app, keyfile), **values)

    return run


def shows(command: Command) -> Command:
    """The command takes --json and --quiet, and gets an Output as `out`."""

    @click.option("--json", "as_json", is_flag=True, help="For programs")
    @click.option("-q", "--quiet", is_flag=True, help="Ids alone, one a line: for pipes")
    @functools.wraps(command)
    def run(*arguments: object, as_json: bool, quiet: bool, **values: object) -> None:
        if as_json and quiet:
            raise click.UsageError("Say either --json or --quiet.")
        command(*arguments, out=Output(as_json=as_json, ids_only=quiet), **values)

    return run


def lists(command: Command) -> Command:
    """As `shows`, and the command takes --limit."""
    return click.option("--limit", type=click.IntRange(1), help="As many at most [default: all]")(
        shows(command)
    )


def many(metavar: str) -> Callable[[Command], Command]:
    """The command takes one or more `ids`; `-` stands for the lines of standard input."""
    return click.argument("ids", metavar=f"{metavar}...", nargs=-1, required=True, callback=_read_ids)


def asks(what: str) -> Callable[[Command], Command]:
    """The command, which has `ids`, asks whether to do `what` to them, unless --yes is said."""

    def decorate(command: Command) -> Command:
        @click.option("--yes", is_flag=True, help="Do not ask")
        @functools.wraps(command)
        def run(*arguments: object, yes: bool, ids: tuple[str, ...], **values: object) -> None:
            if not yes:
                _confirm(what, ids)
            command(*arguments, ids=ids, **values)

        return run

    return decorate


def _read_ids(context: click.Context, _parameter: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    if STANDARD_INPUT not in words:
        return words
    context.meta["ids from standard input"] = True
    read = [line.strip() for line in sys.stdin if line.strip()]
    at = words.index(STANDARD_INPUT)
    return (*words[:at], *read, *words[at + 1 :])


def _confirm(what: str, ids: tuple[str, ...]) -> None:
    if not ids:
        return
    if click.get_current_context().meta.get("ids from standard input"):
        raise click.UsageError("The ids come from standard input, so nobody can be asked: say --yes.")
    named = ", ".join(ids[:NAMED_AT_MOST])
    more = f" and {len(ids) - NAMED_AT_MOST} more" if len(ids) > NAMED_AT_MOST else ""
    click.confirm(f"{what} {named}{more}?", abort=True, err=True)
