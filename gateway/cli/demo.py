"""`cordboard demo`: one real call through a gateway of its own."""

import asyncio
import subprocess
import sys

import click
from rich.console import Console

from gateway.cli.options import example


@click.command(epilog=example("demo"))
def demo() -> None:
    """Make one real call through a gateway of its own, and show everything.

    The exit status is 0 only if all of it was seen: the spoken menu, the digit, the events live and
    afterwards, the recording, and who heard whom.
    """
    try:
        from gateway.demo.run import demonstrate
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is missing. `make setup` installs what the demonstration needs."
        ) from None
    # Compiled now, and not while the demonstration's clock runs.
    subprocess.run([sys.executable, "-m", "media.engine.warm"], check=True)
    console = Console(highlight=False)
    if not asyncio.run(demonstrate(console)):
        raise click.exceptions.Exit(1)
