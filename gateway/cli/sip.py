"""`cordboard sip`: programmable SIP domains, their users, who is registered, and who is banned."""

import click

from gateway.cli import sip_bans, sip_domains, sip_users
from gateway.cli.client import path_to
from gateway.cli.options import example, lists
from gateway.cli.setup import Setup
from gateway.cli.show import Output


@click.group()
def sip() -> None:
    """Let SIP systems call applications, and phones register."""


sip.add_command(sip_domains.domain)
sip.add_command(sip_users.user)
sip.add_command(sip_bans.bans)


@sip.command(epilog=example("sip registrations bakery"))
@click.argument("domain")
@lists
@click.pass_obj
def registrations(setup: Setup, domain: str, limit: int | None, out: Output) -> None:
    """List where users of DOMAIN are registered."""
    found = setup.account().get(path_to("v1", "psip", domain, "registrations"))
    rows = [{"key": user["key"], **contact} for user in found for contact in user["contacts"]]
    columns = {name: name for name in ("key", "uri", "transport", "address", "expires", "user_agent")}
    out.listing(columns, rows[:limit], empty="Nobody is registered.")
