"""`cordboard serve`: the gateway, until it is told to stop."""

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Callable

import click
import uvloop

from gateway import app
from gateway.cli import ports
from gateway.cli.first_config import FIRST_CONFIG
from gateway.cli.lock import held
from gateway.cli.options import example
from gateway.cli.setup import SERVER_FILE, Setup
from gateway.config import ConfigError, Settings
from gateway.config.account import ACCOUNT_FILE, with_account, write_secret
from gateway.config.loader import DEFAULT_FILE
from gateway.errors import GatewayError


@click.command(epilog=example("serve"))
@click.option("--json", "as_json", is_flag=True, help="Say the addresses as one line of JSON, for programs")
@click.pass_obj
def serve(setup: Setup, as_json: bool) -> None:
    """Start the gateway and keep it running until Ctrl-C or SIGTERM."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if setup.file is None:
        DEFAULT_FILE.write_text(FIRST_CONFIG, "utf-8")
        click.echo(
            f"Wrote {DEFAULT_FILE.absolute()}: a first configuration, each choice explained.", err=True
        )
    try:
        settings = with_account(setup.settings)
    except (ConfigError, OSError) as error:
        raise click.ClickException(f"{setup.data_directory} cannot be used: {error}") from None

    def ready(addresses: app.Addresses) -> None:
        told = {name: getattr(addresses, name) for name in ("http", "https", "sip_host", "sip_port")}
        told["data_directory"] = str(setup.data_directory)
        # For the other commands, which look there for the port when the configuration says "any".
        write_secret(setup.data_directory / SERVER_FILE, json.dumps(told) + "\n")
        click.echo(json.dumps(told) if as_json else _greeting(addresses, setup))
        sys.stdout.flush()

    with held(setup.data_directory):
        try:
            with contextlib.suppress(asyncio.CancelledError):
                uvloop.run(_until_told(settings, ready))
        except (OSError, GatewayError) as error:
            raise click.ClickException(_in_words(error, settings)) from None
        finally:
            (setup.data_directory / SERVER_FILE).unlink(missing_ok=True)


async def _until_told(settings: Settings, ready: Callable[[app.Addresses], None]) -> None:
    running = asyncio.ensure_future(app.run(settings, ready=ready))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    await running


def _greeting(addresses: app.Addresses, setup: Setup) -> str:
    rows = {
        "HTTP": addresses.http,
        "HTTPS": addresses.https or "",
        "SIP": f"sip:NUMBER@{addresses.sip_host}:{addresses.sip_port}",
        "Data": str(setup.data_directory),
        "API key and secret": str(setup.data_directory / ACCOUNT_FILE),
        "Configuration": str(setup.file.absolute()) if setup.file else "defaults",
    }
    lines = ["Cordboard is ready.", ""]
    lines += [f"  {name:<20}{value}" for name, value in rows.items() if value]
    lines += ["", "First steps, in another terminal:", ""]
    lines += [f"  {step}" for step in _FIRST_STEPS]
    return "\n".join([*lines, "", "Ctrl-C stops it."])


_FIRST_STEPS = (
    "cordboard app create hello --answer-url http://127.0.0.1:3000/answer --event-url http://127.0.0.1:3000/event",
    "cordboard number search GB",
    "cordboard number buy GB 447700900000",
    "cordboard number link 447700900000 hello",
    "cordboard tail",
)


def _in_words(error: OSError | GatewayError, settings: Settings) -> str:
    # The system says that an address is taken, and seldom which: our own sockets are closed by now, so look.
    found = list(ports.complaints(settings)) if isinstance(error, OSError) else []
    return "\n".join(found) or str(error)
